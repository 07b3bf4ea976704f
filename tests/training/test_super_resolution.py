"""Larger pictures: what is made small, and by what the result is measured."""

from __future__ import annotations

from dataclasses import replace
from math import log10

import pytest
import torch

from brushwork.errors import InputError
from brushwork.training.gradient_step import GradientStep
from brushwork.training.task import TrainingBatch
from brushwork.training.tasks.super_resolution import SuperResolutionTask
from brushwork.training.tasks.super_resolution_options import SuperResolutionTrainingOptions
from tiny_network import CONTENT, picture, tiny_network
from tolerances import SINGLE

CPU = torch.device("cpu")
TINY = SuperResolutionTrainingOptions(width=4, blocks=1, factor=2, crop=32, content_layers=CONTENT, learning_rate=1e-2)


def batch() -> TrainingBatch:
    return TrainingBatch(0, 0, 0, 2, 2, CPU, torch.cat([picture(4, 32, 32), picture(5, 32, 32)]))


def test_small_pictures_are_made_as_large_as_the_crops() -> None:
    task = SuperResolutionTask(replace(TINY, factor=4), tiny_network())
    crops = batch().pictures
    assert crops is not None
    assert task.downsample(crops).shape == (2, 3, 8, 8)
    assert task.sample(batch()).shape == crops.shape


def test_it_trains_and_reports_psnr() -> None:
    task = SuperResolutionTask(replace(TINY, pixel_weight=0.01, tv_weight=0.1), tiny_network())
    gradient_step = GradientStep(task, CPU, "off")
    before = task.validate(batch())
    for _ in range(15):
        gradient_step.step(batch(), 1.0)
    after = task.validate(batch())
    assert set(after) == {"total", "content:conv2_1", "tv", "pixels", "psnr"}
    assert after["total"] < 0.8 * before["total"]
    crops, larger = batch().pictures, task.sample(batch()).clamp(0, 1)
    errors = [float((one - other).square().mean()) for one, other in zip(larger, crops, strict=True)]
    assert after["psnr"] == pytest.approx(sum(-10 * log10(error) for error in errors) / 2, rel=SINGLE)


def test_options_that_cannot_be_are_refused() -> None:
    for wrong, message in (
        ({"crop": 30}, "crop is 30"),
        ({"crop": 8, "factor": 8}, "crop is 8: it must be a multiple of 8, 16 or more"),
        ({"blur": -1.0}, "blur is -1"),
        ({"factor": 5}, "factor"),
    ):
        with pytest.raises(InputError, match=message):
            SuperResolutionTrainingOptions(**wrong)  # type: ignore[arg-type]


def test_it_trains_in_bfloat16_too() -> None:
    """Pictures are made small in float32: the resampling has no other format on processors."""
    losses = GradientStep(SuperResolutionTask(TINY, tiny_network()), CPU, "bf16").step(batch(), 1.0)  # type: ignore[arg-type]
    assert 0 < losses["total"] < float("inf")
