from __future__ import annotations

from math import cos, radians, sin
from typing import NamedTuple

import pytest
import torch

from brushwork.training.augment import sample_blocks
from brushwork.training.task import TrainingBatch
from tolerances import SINGLE


class AugmentOptions(NamedTuple):
    block: int = 24
    rotations: tuple[float, ...] = (0.0,)
    scales: tuple[float, ...] = (1.0,)
    mirror: bool = False


def batch(step=0, first=0, size=6, whole=6):
    return TrainingBatch(step, 7, first, size, whole, torch.device("cpu"))


PLACED = 100 * SINGLE
"""Places of up to 100 pixels, interpolated in float32."""


def places(height=80, width=100):
    """Every pixel says where it lies: row, column."""
    rows, columns = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    return torch.stack([rows, columns])[None]


def slopes(block):
    """How row and column change from pixel to pixel, down and across: the same everywhere, as nothing is invented."""
    down, across = block.diff(dim=-2), block.diff(dim=-1)
    assert (down.amax((-1, -2)) - down.amin((-1, -2))).abs().max() < PLACED
    assert (across.amax((-1, -2)) - across.amin((-1, -2))).abs().max() < PLACED
    return down.mean((-1, -2)), across.mean((-1, -2))


def test_blocks_as_they_are_lie_somewhere_in_the_picture():
    found = sample_blocks([places()], batch(), AugmentOptions())
    assert found.shape == (6, 2, 24, 24)
    down, across = slopes(found)
    assert torch.allclose(down, torch.tensor([1.0, 0.0]), atol=PLACED)
    assert torch.allclose(across, torch.tensor([0.0, 1.0]), atol=PLACED)
    assert found.min() >= 0 and found[:, 0].max() <= 79 and found[:, 1].max() <= 99
    assert len({float(one[0, 0, 0]) for one in found}) == 6


@pytest.mark.parametrize("degrees", [10.0, -10.0, 45.0])
def test_turned_blocks_hold_only_what_the_picture_has(degrees):
    for one in sample_blocks([places()], batch(size=20, whole=20), AugmentOptions(rotations=(degrees,))):
        down, across = slopes(one[None])
        angle = radians(degrees)
        assert torch.allclose(down, torch.tensor([cos(angle), -sin(angle)]), atol=PLACED)
        assert torch.allclose(across, torch.tensor([sin(angle), cos(angle)]), atol=PLACED)


def test_scaled_blocks_show_more_or_less():
    down, _ = slopes(sample_blocks([places()], batch(size=1, whole=1), AugmentOptions(scales=(2.0,))))
    assert down[0, 0] == pytest.approx(0.5, abs=PLACED)


def test_mirrored_every_other_time():
    _, across = slopes(sample_blocks([places()], batch(size=40, whole=40), AugmentOptions(mirror=True)))
    assert 8 < int((across[:, 1] < 0).sum()) < 32


def test_what_does_not_fit_is_neither_turned_nor_larger_than_the_picture():
    down, across = slopes(sample_blocks([places(24, 60)], batch(), AugmentOptions(rotations=(30.0,), scales=(0.5,))))
    assert torch.allclose(down, torch.tensor([1.0, 0.0]), atol=PLACED)
    assert torch.allclose(across, torch.tensor([0.0, 1.0]), atol=PLACED)


def test_ranks_draw_the_rows_of_the_whole():
    how = AugmentOptions(rotations=(-10.0, 0.0, 10.0), scales=(0.9, 1.0), mirror=True)
    pictures = [places(), places(60, 50)]
    whole = sample_blocks(pictures, batch(), how)
    halves = [sample_blocks(pictures, batch(first=first, size=3), how) for first in (0, 3)]
    assert torch.equal(torch.cat(halves), whole)
    assert torch.equal(sample_blocks(pictures, batch(), how), whole)
    assert not torch.equal(sample_blocks(pictures, batch(step=1), how), whole)
    assert not torch.equal(sample_blocks(pictures, batch(), how, stream=1), whole)
