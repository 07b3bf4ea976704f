from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import NotAdditiveError
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.jobs import memory_estimate as module
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.memory_estimate import SIDES, MemoryEstimator, halve_tiling, relative_cost
from tiny_job import TINY, tiny_network

OPTIONS = replace(TINY, min_size=0, size=1000)
SIZES = InputSizes(Size(40, 60), (Size(50, 50),))


@pytest.fixture(scope="module")
def estimator():
    return MemoryEstimator(SIZES, tiny_network(), torch.device("cpu"))


@pytest.mark.slow
def test_smaller_tiles_need_less(estimator):
    needed = [estimator(OPTIONS, tiling) for tiling in (Tiling(384), Tiling(512), Tiling(512, 3), None)]
    assert needed == sorted(needed)
    assert needed[0] < 0.8 * needed[-1]


@pytest.mark.slow
def test_the_largest_tiles_that_fit_are_taken(estimator):
    budget = estimator(OPTIONS, Tiling(512)) + 1
    found = estimator.choose_tiling(OPTIONS, budget)
    assert found.side >= 512 and estimator(OPTIONS, found) <= budget < estimator(OPTIONS, Tiling(896))
    assert estimator.choose_tiling(OPTIONS, estimator(OPTIONS, Tiling(512, 2)) + 1).kept >= 2


@pytest.mark.slow
def test_where_no_tiles_fit_the_smallest_are_named(estimator):
    assert estimator.choose_tiling(OPTIONS, 0) == Tiling(SIDES[0])


def test_small_pictures_are_not_cut(estimator):
    assert estimator.choose_tiling(replace(OPTIONS, size=300), 0) is None


def test_what_is_known_is_not_measured_again(monkeypatch):
    estimator = MemoryEstimator(SIZES, tiny_network(), torch.device("cpu"))
    small = replace(OPTIONS, size=64)
    first = estimator(small)
    monkeypatch.setattr(module, "peak_memory", lambda *_: 1 / 0)
    assert estimator(small) == first


def test_losses_that_are_no_sums_are_not_cut(monkeypatch):
    estimator = MemoryEstimator(SIZES, tiny_network(), torch.device("cpu"))

    def refuse(*_, **__):
        raise NotAdditiveError("no")

    monkeypatch.setattr(module, "peak_memory", refuse)
    assert estimator.largest_tiling(OPTIONS, 10**12) is None


def test_tiles_take_longer():
    size = Size(667, 1000)
    times = [
        relative_cost(OPTIONS, tiny_network(), size, tiling)
        for tiling in (None, Tiling(1000), Tiling(512, 2), Tiling(512))
    ]
    assert times[:2] == [1.0, 1.0]
    assert 1.0 < times[2] < times[3] < 1.6


@pytest.mark.parametrize(
    ("tiling", "expected"),
    [
        (None, Tiling(512)),
        (Tiling(1024, 5), Tiling(1024, 2)),
        (Tiling(1024), Tiling(640)),
        (Tiling(8192), Tiling(640)),
        (Tiling(512), None),
    ],
)
def test_half_the_memory(tiling, expected):
    assert halve_tiling(tiling, Size(667, 1000)) == expected
