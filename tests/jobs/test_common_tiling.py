"""Several processes look at parts of one size, which fit on each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.devices import memory as module
from brushwork.gradients.tiled import Tiling
from brushwork.jobs.memory_estimate import SIDES
from brushwork.jobs.peak_memory import optimizer_memory
from brushwork.jobs.preflight import prepare_job
from brushwork.jobs.run_distributed import choose_common_tiling
from threaded_ranks import together
from tiny_job import TINY, tiny_job, tiny_network

OPTIONS = replace(TINY, min_size=0, size=1000)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "allocated_memory", lambda device: 0)
    return prepare_job(tiny_job(tmp_path, options=OPTIONS), replacing=False, memory=None, network=tiny_network())


def needed(desk, tiling):
    """Bytes beyond the pictures, by one process alone."""
    return desk.method.estimator(desk.inputs.sizes)(OPTIONS, tiling) - desk.inputs.nbytes


def elsewhere(desk):
    """What the other one of two ranks has of the optimizer's vectors."""
    return optimizer_memory(OPTIONS, desk.levels) // 2


def tilings(desk, *memory):
    return together(len(memory), lambda wire: choose_common_tiling(desk, wire, memory[wire.rank]))


def sides(desk, *memory):
    return [one.side for one in tilings(desk, *memory)]


@pytest.mark.slow
def test_the_largest_that_fits_is_taken(desk):
    assert sides(desk, needed(desk, Tiling(640))) == [640]
    assert tilings(desk, 1 << 40) == [Tiling(1024)]  # one tile


@pytest.mark.slow
def test_all_take_what_the_poorest_can(desk):
    assert sides(desk, 1 << 40, needed(desk, Tiling(384)) - elsewhere(desk) + 1) == [384, 384]


@pytest.mark.slow
def test_a_rank_keeps_only_its_part_of_the_optimizers_vectors(desk):
    assert sides(desk, *2 * [needed(desk, Tiling(640)) - elsewhere(desk) + 1]) == [640, 640]


@pytest.mark.slow
def test_what_is_kept_is_as_much_as_the_poorest_can(desk):
    room = [needed(desk, Tiling(640, kept)) + 1 for kept in (3, 2)]
    assert tilings(desk, room[0]) == [Tiling(640, 3)]
    assert tilings(desk, *(one - elsewhere(desk) for one in room)) == 2 * [Tiling(640, 2)]


@pytest.mark.slow
def test_where_none_fits_the_smallest_is_taken(desk):
    assert tilings(desk, 0) == [Tiling(SIDES[0])]


@pytest.mark.slow
def test_ranks_divide_what_their_machine_has(desk, monkeypatch):
    monkeypatch.setattr(module, "available_memory", lambda device: 3 * needed(desk, Tiling(640)))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert sides(desk, None) == [640]
    monkeypatch.setattr(module, "available_memory", lambda device: None)
    assert sides(desk, None) == [SIDES[0]]
