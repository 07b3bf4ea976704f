from __future__ import annotations

import pytest

from compare_pace import pace
from compare_task import Task
from scripted import starting

TASK = Task("pastiche", "pastiche", 64, 9, "")


def story(*seconds, closures=1):
    return [(second, 10.0 / index, closures * index, 1.0) for index, second in enumerate(seconds, 1)]


def test_they_take_turns_and_the_ratio_is_that_of_neighbors():
    # The machine is three times as slow in the middle, and ours twice as fast all the time.
    theirs, log = story(50, 50, 2, 6, 6, 6, 2), []
    found = pace(TASK, 5, 1, starting(theirs, [(one[0] / 2, *one[1:]) for one in theirs], log))
    assert found["speedup"] == pytest.approx(2)
    assert found["median"] == {"peer": 6, "ours": 3}
    turns = [painter is log[0][0] for painter, steps in log[-10:]]
    assert turns == [True, False] * 5


def test_a_step_of_two_closures_counts_half():
    found = pace(TASK, 3, 1, starting(story(1, 1, 1, 1, 1), story(1, 1, 1, 1, 1, closures=2), []))
    assert found["median"] == {"peer": 1, "ours": 0.5}


def test_the_losses_at_the_start_are_told():
    found = pace(TASK, 1, 1, starting(story(1, 1, 1), story(1, 1, 1), []))
    assert found["first_loss"] == {"peer": 10.0, "ours": 10.0}
