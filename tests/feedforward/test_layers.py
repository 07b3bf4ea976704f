"""What painters are made of: residual sums, and stages that are run one after the other."""

from __future__ import annotations

import torch
from torch import nn

from brushwork.feedforward.networks.blocks import (
    AddCropped,
    NetworkStage,
    make_norm,
    residual_stages,
    run_stages,
    upsampling_stages,
)
from tolerances import rounding


def test_a_residual_block_adds_the_middle_of_what_went_in() -> None:
    change, kept = torch.rand(2, 3, 4, 6), torch.rand(2, 3, 8, 10)
    assert torch.equal(AddCropped(2)(change, kept), change + kept[..., 2:6, 2:8])


def test_a_residual_block_ends_in_the_sum_and_may_be_negative() -> None:
    stages = residual_stages("block", "instance", 4, before="first")
    assert [stage.beside for stage in stages] == [None] * 5 + ["first"]
    assert not isinstance(stages[-1].module, nn.ReLU)
    torch.manual_seed(0)
    result = run_stages([NetworkStage("first", nn.Identity()), *stages], torch.randn(1, 4, 12, 12))
    assert result.shape == (1, 4, 8, 8)
    assert result.min() < 0


def test_run_hands_over_what_was_kept() -> None:
    class Difference(nn.Module):
        def forward(self, here: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
            return here - kept

    stages = [
        NetworkStage("a", nn.Identity()),
        NetworkStage("b", nn.ReLU()),
        NetworkStage("c", Difference(), beside="a"),
    ]
    assert run_stages(stages, torch.tensor([-2.0, 3.0])).tolist() == [2.0, 0.0]


def test_maps_become_twice_as_large_either_way() -> None:
    for how in ("transposed", "nearest"):
        modules = nn.Sequential(*(stage.module for stage in upsampling_stages("up", "batch", 6, 4, how)))  # type: ignore[arg-type]
        assert modules(torch.rand(2, 6, 5, 7)).shape == (2, 4, 10, 14)


def test_instance_norm_looks_at_each_picture_by_itself() -> None:
    torch.manual_seed(0)
    pictures = torch.randn(2, 3, 5, 5)
    norm = make_norm("instance", 3)
    torch.testing.assert_close(norm(pictures)[:1], norm(pictures[:1]), rtol=0, atol=rounding(25))
    mean, variance = pictures.mean((2, 3), keepdim=True), pictures.var((2, 3), keepdim=True, unbiased=False)
    expected = (pictures - mean) / (variance + 1e-5).sqrt()
    torch.testing.assert_close(norm(pictures), expected, rtol=0, atol=rounding(25))
