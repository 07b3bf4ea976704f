from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.images import Size
from brushwork.jobs.peak_memory import add_reserve, optimizer_memory_for
from brushwork.jobs.plan import JobPlan, LevelPlan


def plan(*levels, available=None):
    return JobPlan("cpu", levels, available, None)


COARSE, FINE = LevelPlan(Size(50, 60), 20, 1000, 2.0), LevelPlan(Size(100, 120), 10, 4000, 5.0)


def test_evaluations_and_times_add_up_and_memory_does_not():
    whole = plan(COARSE, FINE)
    assert (whole.iterations, whole.memory, whole.seconds) == (30, 4000, 7.0)


def test_a_time_that_was_not_probed_is_unknown():
    assert plan(COARSE, replace(FINE, seconds=None)).seconds is None


@pytest.mark.parametrize(("available", "fits"), [(None, True), (4000, True), (3999, False)])
def test_it_fits_or_not(available, fits):
    assert plan(COARSE, FINE, available=available).fits is fits


def test_lbfgs_remembers_as_many_pairs_as_there_were_evaluations():
    vectors = [optimizer_memory_for(100, evaluations, 10) / 100 for evaluations in (1, 5, 10, 1000)]
    assert [more - vectors[0] for more in vectors] == [0, 8, 18, 18]
    assert optimizer_memory_for(100, 1000, None) == optimizer_memory_for(100, 2, 10)


def test_pairs_that_are_kept_in_half_or_on_disk_take_less():
    whole, half, none = (optimizer_memory_for(100, 50, 10, kept) for kept in (1.0, 0.5, 0.0))
    assert whole - half == half - none == 1000


def test_accelerators_get_a_larger_reserve():
    on_cpu, on_cuda = (add_reserve(10**9, torch.device(kind)) for kind in ("cpu", "cuda"))
    assert 10**9 < on_cpu < on_cuda < 1.5 * 10**9
