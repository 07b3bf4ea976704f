"""Whose turn it is: an engine paints some closures when it is told to, and waits while the others paint."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import IO, Any, NamedTuple

import torch
from torch import Tensor


class Look(NamedTuple):
    """What an engine shows after each step."""

    loss: float
    spent: int
    """Closures so far, at all sizes."""
    share: float
    """Pixels of the picture, as a share of those of the final size."""
    picture: Callable[[], Tensor]
    """The picture so far, in [0, 1]."""
    judge: Callable[[Tensor], float] | None = None
    """The engine's own loss of another picture."""


class Turn:
    """Called by an engine after each step; returns when it may go on, and ends the process when it shall stop.

    Commands come as JSON lists, a line each: ["go", n] for n steps, ["evaluate", file], ["save", file], ["memory"],
    ["clock"] (processor time), ["stop"]. Each is answered by one line. The clock stands while no command is there.
    """

    def __init__(self, commands: IO[str], answers: IO[str], device: str) -> None:
        self._commands, self._answers, self._device = commands, answers, torch.device(device)
        self._steps: list[tuple[float, float, int, float]] = []
        self._allowed = 0
        self._last: Look | None = None
        self._since = 0.0

    def ready(self) -> None:
        """Everything is loaded; the first step may begin."""
        self._answer({"ready": True})
        self._wait()

    def __call__(self, look: Look) -> None:
        if self._device.type != "cpu":
            torch.cuda.synchronize()
        self._steps.append((perf_counter() - self._since, look.loss, look.spent, look.share))
        self._last = look
        if len(self._steps) == self._allowed:
            self._report(ended=False)
            self._wait()
        self._since = perf_counter()

    def ended(self) -> None:
        """The engine's budget is spent; only questions are answered from now on."""
        self._report(ended=True)
        while True:
            self._wait()
            self._report(ended=True)

    def _report(self, *, ended: bool) -> None:
        self._answer({"steps": self._steps, "ended": ended})
        self._steps = []

    def _wait(self) -> None:
        """Answer questions until the next `go`."""
        while True:
            command, *given = json.loads(self._commands.readline() or '["stop"]')
            if command == "stop":
                sys.exit(0)
            if command == "go":
                self._allowed = given[0]
                break
            self._answer(self._question(command, *given))
        self._since = perf_counter()

    def _question(self, command: str, *given: str) -> dict[str, Any]:
        if command == "memory":
            return {"memory": peak_memory(self._device)}
        if command == "clock":
            return {"clock": process_time()}
        if command == "forget":
            forget_peak(self._device)
            return {}
        if command == "save" and self._last is not None:
            torch.save(self._last.picture(), given[0])
            return {}
        if command == "judge" and self._last is not None and self._last.judge is not None:
            return {"loss": self._last.judge(torch.load(given[0]))}
        raise ValueError(f"{command} cannot be answered here.")

    def _answer(self, answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=self._answers, flush=True)


def peak_memory(device: torch.device) -> int:
    """Peak bytes of this process since `forget_peak`; on an accelerator, of its tensors."""
    if device.type != "cpu":
        return int(torch.cuda.max_memory_allocated())
    status = Path("/proc/self/status")
    if status.exists():  # not of the process that started this one, as rusage tells
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def forget_peak(device: torch.device) -> None:
    """Count the peak anew, where the system can: loading the weights is no part of painting."""
    if device.type != "cpu":
        torch.cuda.reset_peak_memory_stats()
        return
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return
