"""Seconds per closure and peak memory of a peer and of brushwork, by turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any

from compare_engine import EngineProcess
from compare_task import OURS, Task

WARM_UP = 2
"""Steps before the measured ones: the first makes caches, and has no direction to compute."""


def pace(
    task: Task, closures: int, threads: int, start: Callable[..., EngineProcess] = EngineProcess
) -> dict[str, Any]:
    """Medians of `closures` steps of each engine, taken in turns ABAB; a step is a closure and the optimizer's part.

    The ratio is the median of those of neighbors in time, so that a machine that slows down does so for both.

    Raises: EngineError.
    """
    budget = 2 * (WARM_UP + closures)  # a step takes two closures where a loss explodes, and the way back is taken
    theirs, ours = (replace(task, engine=engine, closures=budget) for engine in (task.peer, OURS))
    with start(theirs, threads) as peer, start(ours, threads) as own:
        losses = [process.go(1).losses[0] for process in (peer, own)]
        for process in (peer, own):
            process.go(WARM_UP - 1)
            process.ask("forget")
        pairs = [(_closure(peer), _closure(own)) for _ in range(closures)]
        memory = [process.ask("memory")["memory"] for process in (peer, own)]
    return {
        "seconds": {"peer": [pair[0] for pair in pairs], "ours": [pair[1] for pair in pairs]},
        "median": {"peer": median(pair[0] for pair in pairs), "ours": median(pair[1] for pair in pairs)},
        "speedup": median(pair[0] / pair[1] for pair in pairs),
        "memory": {"peer": memory[0], "ours": memory[1]},
        "first_loss": {"peer": losses[0], "ours": losses[1]},
    }


def _closure(process: EngineProcess) -> float:
    """Seconds of a step, for each closure in it."""
    before = process.spent
    return process.go(1).seconds[0] / (process.spent - before)
