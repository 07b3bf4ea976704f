"""Several processes evaluate parts of one size, which fit on each of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.devices import memory as module
from brushwork.gradients.tiled import Tiling
from brushwork.jobs.memory_estimate import SIDES
from brushwork.jobs.peak_memory import optimizer_memory
from brushwork.jobs.preflight import prepare_job
from brushwork.jobs.run_distributed import choose_common_tiling
from threaded_ranks import run_on_ranks
from tiny_job import TINY, tiny_job, tiny_network

OPTIONS = replace(TINY, min_size=0, size=1000)


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "allocated_memory", lambda device: 0)
    return prepare_job(tiny_job(tmp_path, options=OPTIONS), replacing=False, memory=None, network=tiny_network())


def needed_memory(prepared, tiling):
    """Bytes beyond the pictures, by one process alone."""
    return prepared.method.estimator(prepared.inputs.sizes)(OPTIONS, tiling) - prepared.inputs.nbytes


def memory_on_other_rank(prepared):
    """What the other one of two ranks has of the optimizer's vectors."""
    return optimizer_memory(OPTIONS, prepared.levels) // 2


def choose_tilings(prepared, *memory):
    return run_on_ranks(len(memory), lambda group: choose_common_tiling(prepared, group, memory[group.rank]))


def choose_sides(prepared, *memory):
    return [one.side for one in choose_tilings(prepared, *memory)]


@pytest.mark.slow
def test_the_largest_that_fits_is_taken(prepared):
    assert choose_sides(prepared, needed_memory(prepared, Tiling(640))) == [640]
    assert choose_tilings(prepared, 1 << 40) == [Tiling(1024)]  # one tile


@pytest.mark.slow
def test_all_ranks_take_what_the_smallest_memory_allows(prepared):
    assert choose_sides(
        prepared, 1 << 40, needed_memory(prepared, Tiling(384)) - memory_on_other_rank(prepared) + 1
    ) == [384, 384]


@pytest.mark.slow
def test_a_rank_keeps_only_its_part_of_the_optimizers_vectors(prepared):
    assert choose_sides(prepared, *2 * [needed_memory(prepared, Tiling(640)) - memory_on_other_rank(prepared) + 1]) == [
        640,
        640,
    ]


@pytest.mark.slow
def test_what_is_kept_is_what_the_smallest_memory_allows(prepared):
    budgets = [needed_memory(prepared, Tiling(640, kept)) + 1 for kept in (3, 2)]
    assert choose_tilings(prepared, budgets[0]) == [Tiling(640, 3)]
    assert choose_tilings(prepared, *(one - memory_on_other_rank(prepared) for one in budgets)) == 2 * [Tiling(640, 2)]


@pytest.mark.slow
def test_where_none_fits_the_smallest_is_taken(prepared):
    assert choose_tilings(prepared, 0) == [Tiling(SIDES[0])]


@pytest.mark.slow
def test_ranks_divide_what_their_machine_has(prepared, monkeypatch):
    monkeypatch.setattr(module, "available_memory", lambda device: 3 * needed_memory(prepared, Tiling(640)))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert choose_sides(prepared, None) == [640]
    monkeypatch.setattr(module, "available_memory", lambda device: None)
    assert choose_sides(prepared, None) == [SIDES[0]]
