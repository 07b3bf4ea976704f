"""Painters that only tell a story."""

from __future__ import annotations

from compare_engine import Painted
from compare_task import OURS


class Scripted:
    """Stands in for a process: (seconds, loss, closures so far, share of the final size) of each step."""

    def __init__(self, story, log):
        self.story, self.log, self.done, self.spent, self.ended = story, log, 0, 0, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def go(self, steps):
        told = self.story[self.done : self.done + steps]
        self.log.append((self, len(told)))
        self.done += len(told)
        self.ended = self.done == len(self.story)
        self.spent = told[-1][2]
        return Painted(*map(list, zip(*told, strict=True)))

    def ask(self, command, *_):
        return {"memory": {"memory": len(self.story)}, "judge": {"loss": 7.0}}.get(command, {})


def starting(theirs, ours, log):
    """Stands in for the class of processes."""
    return lambda task, threads: Scripted(ours if task.engine == OURS else theirs, log)
