"""What model files say of their models."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.model_info import read_model_info
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network


def test_a_label_says_what_was_saved(tmp_path: Path) -> None:
    settings = JohnsonConfig(width=4, blocks=1)
    network = build_network(settings)
    save_model(
        StyleModel("wave", "johnson", settings, network, b"\x89PNG", {"steps": 3}, "CC0"), tmp_path / "a.safetensors"
    )
    label = read_model_info(tmp_path / "a.safetensors")
    assert (label.name, label.architecture, label.license, label.style) == ("wave", "johnson", "CC0", b"\x89PNG")
    assert label.settings["width"] == 4
    assert dict(label.provenance) == {"steps": 3}
    assert label.parameters == sum(one.numel() for one in network.parameters())
    assert label.nbytes == (tmp_path / "a.safetensors").stat().st_size


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\x02\0\0\0\0\0\0\0{}"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.safetensors is"):
        read_model_info(tmp_path / "a.safetensors")


def test_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is missing"):
        read_model_info(tmp_path / "a.safetensors")
