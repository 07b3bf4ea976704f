"""Diversity grows with the distance to the nearest other picture, and with nothing else."""

from __future__ import annotations

import math

import pytest
import torch

from brushwork.training.tasks.texture_net import DiversityLoss

TERM = DiversityLoss("relu4_2")


def points(*places: float) -> torch.Tensor:
    """Maps of 6 equal numbers each."""
    return torch.tensor(places).view(-1, 1, 1, 1).expand(-1, 3, 2, 1).clone()


def test_it_is_minus_the_logarithm_of_the_distance_to_the_nearest() -> None:
    found = TERM.score_whole(points(0.0, 1.0, 5.0))
    assert found.tolist() == pytest.approx([-math.log(1), -math.log(1), -math.log(4)])


def test_descending_it_pushes_nearest_ones_apart() -> None:
    given = points(0.0, 1.0, 5.0).requires_grad_()
    TERM.score_whole(given).sum().backward()
    assert given.grad is not None
    assert given.grad[0].max() > 0 > given.grad[1].min()  # to the left and to the right
    assert given.grad[2].max() < 0


def test_twice_as_far_is_less_by_the_logarithm_of_two() -> None:
    near = torch.rand(4, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(TERM.score_whole(2 * near), TERM.score_whole(near) - math.log(2))


def test_it_estimates_entropy() -> None:
    """Kozachenko–Leonenko in one dimension: H ≈ mean ln ρ + ln 2(N − 1) + γ; uniform on [0, 4] has ln 4."""
    drawn = 4 * torch.rand(2000, 1, 1, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    entropy = -float(TERM.score_whole(drawn).mean()) + math.log(2 * 1999) + 0.5772
    assert entropy == pytest.approx(math.log(4), abs=0.08)


def test_equal_pictures_have_a_finite_loss_and_gradient() -> None:
    given = points(1.0, 1.0).requires_grad_()
    TERM.score_whole(given).sum().backward()
    assert given.grad is not None and given.grad.isfinite().all()


def test_a_picture_by_itself_has_none() -> None:
    assert TERM.score_whole(points(3.0)).tolist() == [0.0]
