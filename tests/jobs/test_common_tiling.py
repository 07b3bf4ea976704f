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
def prepared(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "allocated_memory", lambda device: 0)
    return prepare_job(tiny_job(tmp_path, options=OPTIONS), replacing=False, memory=None, network=tiny_network())


def needed(prepared, tiling):
    """Bytes beyond the pictures, by one process alone."""
    return prepared.method.estimator(prepared.inputs.sizes)(OPTIONS, tiling) - prepared.inputs.nbytes


def elsewhere(prepared):
    """What the other one of two ranks has of the optimizer's vectors."""
    return optimizer_memory(OPTIONS, prepared.levels) // 2


def tilings(prepared, *memory):
    return together(len(memory), lambda group: choose_common_tiling(prepared, group, memory[group.rank]))


def sides(prepared, *memory):
    return [one.side for one in tilings(prepared, *memory)]


@pytest.mark.slow
def test_the_largest_that_fits_is_taken(prepared):
    assert sides(prepared, needed(prepared, Tiling(640))) == [640]
    assert tilings(prepared, 1 << 40) == [Tiling(1024)]  # one tile


@pytest.mark.slow
def test_all_take_what_the_poorest_can(prepared):
    assert sides(prepared, 1 << 40, needed(prepared, Tiling(384)) - elsewhere(prepared) + 1) == [384, 384]


@pytest.mark.slow
def test_a_rank_keeps_only_its_part_of_the_optimizers_vectors(prepared):
    assert sides(prepared, *2 * [needed(prepared, Tiling(640)) - elsewhere(prepared) + 1]) == [640, 640]


@pytest.mark.slow
def test_what_is_kept_is_as_much_as_the_poorest_can(prepared):
    room = [needed(prepared, Tiling(640, kept)) + 1 for kept in (3, 2)]
    assert tilings(prepared, room[0]) == [Tiling(640, 3)]
    assert tilings(prepared, *(one - elsewhere(prepared) for one in room)) == 2 * [Tiling(640, 2)]


@pytest.mark.slow
def test_where_none_fits_the_smallest_is_taken(prepared):
    assert tilings(prepared, 0) == [Tiling(SIDES[0])]


@pytest.mark.slow
def test_ranks_divide_what_their_machine_has(prepared, monkeypatch):
    monkeypatch.setattr(module, "available_memory", lambda device: 3 * needed(prepared, Tiling(640)))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert sides(prepared, None) == [640]
    monkeypatch.setattr(module, "available_memory", lambda device: None)
    assert sides(prepared, None) == [SIDES[0]]
