"""How long brushwork takes to the loss that a peer has after so many closures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import inf
from pathlib import Path
from typing import Any

from compare_engine import EngineProcess
from compare_task import OURS, Task

TURN = 5
"""Steps of a turn."""

FINAL = 0.999
"""Share of the final size's pixels from which on a loss counts: at coarser sizes it is another picture's."""


@dataclass
class Trace:
    """What an engine did, step by step."""

    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    spent: list[int] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def go(self, process: EngineProcess) -> None:
        """Let the engine paint a turn."""
        painted = process.go(TURN)
        for name in ("seconds", "losses", "spent", "shares"):
            getattr(self, name).extend(getattr(painted, name))

    @property
    def clock(self) -> list[float]:
        """Seconds from the beginning to the end of each step."""
        return list(accumulate(self.seconds))

    @property
    def best(self) -> list[float | None]:
        """The lowest loss so far at the final size; None before there is one."""
        lowest: float | None = None
        found = []
        for loss, share in zip(self.losses, self.shares, strict=True):
            if share >= FINAL and loss < (inf if lowest is None else lowest):
                lowest = loss
            found.append(lowest)
        return found

    @property
    def work(self) -> list[float]:
        """Closures so far, those at coarser sizes counted by their pixels."""
        before = [0, *self.spent]
        return list(
            accumulate((now - then) * share for then, now, share in zip(before, self.spent, self.shares, strict=False))
        )

    def reaches(self, loss: float) -> int | None:
        """The index of the first step that is as low as this."""
        return next((index for index, best in enumerate(self.best) if best is not None and best <= loss), None)


def descent(
    task: Task, marks: tuple[int, ...], threads: int, start: Callable[..., EngineProcess] = EngineProcess
) -> dict[str, Any]:
    """Both from the same photograph, in turns of equal time; ours by its schedule, the peer by its own optimizer.

    Raises: EngineError.
    """
    theirs, ours = replace(task, engine=task.peer, changes={}), replace(task, engine=OURS)
    with start(replace(theirs, closures=max(marks)), threads) as peer, start(ours, threads) as own:
        for process in (peer, own):
            process.ask("forget")
        traces = _alternate(peer, own)
        file = str(Path(task.folder, "painted.pt"))
        own.ask("save", file)
        judged = peer.ask("judge", file)["loss"]
        memory = [process.ask("memory")["memory"] for process in (peer, own)]
    return {
        "schedule": {"iterations": task.closures, **task.changes},
        "marks": [_mark(mark, *traces) for mark in marks],
        "last_loss": {"ours": traces[1].losses[-1], "judged_by_peer": judged},
        "memory": {"peer": memory[0], "ours": memory[1]},
        "traces": {name: _thin(trace) for name, trace in zip(("peer", "ours"), traces, strict=True)},
    }


def _alternate(peer: EngineProcess, own: EngineProcess) -> tuple[Trace, Trace]:
    """Whoever has worked less takes the next turn, until both are at their end."""
    traces = (Trace(), Trace())
    processes = (peer, own)
    while not (peer.ended and own.ended):
        waiting = [index for index in (0, 1) if not processes[index].ended]
        index = min(waiting, key=lambda one: sum(traces[one].seconds))
        traces[index].go(processes[index])
    return traces


def _mark(closures: int, peer: Trace, ours: Trace) -> dict[str, Any]:
    """The peer's best loss after so many closures, and when ours is there."""
    last = max(index for index, spent in enumerate(peer.spent) if spent <= closures)
    loss = peer.best[last]
    assert loss is not None
    found: dict[str, Any] = {"closures": closures, "loss": loss, "peer_seconds": peer.clock[last]}
    index = ours.reaches(loss)
    if index is None:
        return {**found, "reached": False}
    share = ours.clock[index] / peer.clock[last]
    work = {"ours_closures": ours.spent[index], "ours_work": ours.work[index]}
    return {**found, "reached": True, "ours_seconds": ours.clock[index], "share": share, **work}


def _thin(trace: Trace) -> dict[str, list[Any]]:
    return {
        "seconds": [round(second, 3) for second in trace.clock],
        "losses": [float(f"{loss:.5g}") for loss in trace.losses],
        "spent": trace.spent,
        "shares": [round(share, 4) for share in trace.shares],
    }
