"""Terms that could hold far more than the features do not: counted on torch's device `meta`, forward and backward."""

from __future__ import annotations

import pytest
import torch

from brushwork.devices.meter import MemoryMeter
from brushwork.images.geometry import Size, Window
from brushwork.losses.distribution import SlicedWassersteinLoss
from brushwork.losses.guided_moments import guided_gram
from brushwork.losses.local_gram import LocalGramLoss, window_weights
from brushwork.losses.mrf import MRFLoss

SHAPE = (1, 32, 160, 160)
MIB = 2**20
FEATURES = 32 * 160 * 160 * 4 / MIB
"""MiB of one map of features: 3.1."""


def peak(loss):
    """MiB beside the features; what is held from before counts where it is measured."""
    feature = torch.empty(SHAPE, device="meta", requires_grad=True)
    with MemoryMeter() as meter:
        loss(feature).sum().backward()
    return meter.peak / MIB - FEATURES


def scored(term):
    return lambda seen: term.score(term.summarize(seen, Window.whole(Size.of(seen))))


@pytest.fixture
def painting():
    return torch.empty(SHAPE, device="meta")


@pytest.mark.slow
def test_localized_style_holds_a_part(painting):
    """A Gram matrix for every cell would be 100 MiB, and the products of all windows far more."""
    assert peak(scored(LocalGramLoss("t", painting, window_weights(2), 1.0))) < FEATURES + 20


@pytest.mark.slow
def test_patches_are_compared_in_blocks(painting):
    """All products of 160² cells with 160² would be 2.5 GiB."""
    assert peak(scored(MRFLoss("t", (painting,), 1.0))) < 130


def test_many_guides_weigh_one_map_at_a_time():
    """64 weighted maps would be 200 MiB."""
    guides = torch.empty(64, 160, 160, device="meta")
    assert peak(lambda seen: guided_gram(seen, guides)) < 10 * FEATURES


def test_directions_are_sorted_in_parts(painting):
    """4096 sorted projections with their order would be 1.2 GiB for the picture alone; the painting's 400 MiB stay."""
    term = SlicedWassersteinLoss("t", painting, 1.0, count=4096)
    kept = 4096 * 160 * 160 * 4 / MIB
    assert kept < peak(term.score_whole) < 2.1 * kept
    assert peak(term.score_whole) < kept + 350
