"""The measure of the network's grid finds patterns of its periods, and nothing else."""

from __future__ import annotations

import pytest
import torch

from lattice import PERIODS, lattice

SIDE = 256


def noise(seed: int = 0) -> torch.Tensor:
    return 0.5 + 0.05 * torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def dots(period: int) -> torch.Tensor:
    """One dot in each cell, of no mean."""
    pattern = torch.zeros(1, 3, SIDE, SIDE)
    pattern[..., ::period, ::period] = 1
    return pattern - pattern.mean()


def test_noise_has_as_much_energy_there_as_beside():
    """The mean of some hundred exponential variables: within four standard deviations of 1 everywhere."""
    assert all(0.7 < value < 1.3 for value in lattice(noise(), noise(1)).values())


@pytest.mark.parametrize("period", PERIODS)
def test_dots_are_found_at_their_period(period):
    found = lattice(noise() + 0.05 * period * dots(period), noise(1))
    assert found[period] > 2
    assert all(value < 1.3 for other, value in found.items() if other > period)


def test_only_flat_parts_of_the_photograph_count():
    photograph = noise(1)
    photograph[..., : SIDE // 2] = 0.5
    picture = noise()
    picture[..., SIDE // 2 + 64 :] += 0.5 * dots(4)[..., SIDE // 2 + 64 :]
    assert lattice(picture, photograph)[4] < 1.3 < lattice(picture, photograph.flip(-1))[4]
