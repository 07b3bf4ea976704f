"""The encoder of a training's losses and its precision."""

from __future__ import annotations

import pytest
import torch

from brushwork.training import gradient_step
from brushwork.training.builders import load_loss_network
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("given", "mixed", "used"), [("auto", "bf16", "fast"), ("full", "bf16", "full"), ("auto", "off", "auto")]
)
def test_the_encoder_follows_the_model_where_its_own_kernels_are_faster_in_bfloat16(
    given: str, mixed: str, used: str
) -> None:
    options = JohnsonTrainingOptions(precision=given)  # type: ignore[arg-type]
    assert load_loss_network(options, mixed, CPU).precision == used


def test_automatic_mixed_precision_decides_for_the_encoder_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient_step, "has_fast_bfloat16", lambda device: True)
    assert load_loss_network(JohnsonTrainingOptions(), "auto", CPU).precision == "fast"
