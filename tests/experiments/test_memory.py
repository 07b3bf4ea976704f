"""The memory that experiments state."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.encoders import Encoder
from brushwork.experiments import memory
from brushwork.images import Size
from brushwork.recipes import TransferOptions
from tiny_network import CONTENT, STYLE, tiny_network


def test_the_network_counts_once_and_without_layers_that_are_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def network(_options: TransferOptions, _device: str) -> Encoder:
        encoder = tiny_network()
        encoder.register_buffer("ballast", torch.empty(10_000_000, dtype=torch.uint8))
        return encoder

    monkeypatch.setattr(memory, "load_encoder_for", network)
    image = torch.empty(1, 3, 48, 48)
    options = TransferOptions(size="full", min_size=0, content_layers=CONTENT, style_layers=STYLE)
    last = SimpleNamespace(levels=options.schedule(Size.of(image)), optimizer=SimpleNamespace(state=dict))
    assert 10 < memory.peak_megabytes(options, RecipeInputs(image, (image,)), last) < 20
