"""An engine at work in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from compare_task import Task


class Painted(NamedTuple):
    """What an engine did when it was its turn."""

    seconds: list[float]
    losses: list[float]
    spent: list[int]
    """Closures since the beginning, after each step."""
    shares: list[float]
    """Pixels painted at, as a share of the final size's."""


class EngineError(RuntimeError):
    """An engine's process ended by itself; the message is the last line that it wrote."""


class EngineProcess:
    """Starts the engine of a task, which waits for its turn; ends it at the end of a `with` block.

    Raises: EngineError.
    """

    def __init__(self, task: Task, threads: int) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed on exit)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("compare_worker.py")), task.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)},
        )
        self.ended = False
        self.spent = 0

    def __enter__(self) -> EngineProcess:
        try:
            self._answer()  # ready
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def go(self, steps: int) -> Painted:
        """Paint so many steps, or as many as the budget has."""
        answer = self.ask("go", steps)
        self.ended = answer["ended"]
        columns = list(zip(*answer["steps"], strict=True)) or [()] * 4
        painted = Painted(*map(list, columns))
        self.spent = painted.spent[-1] if painted.spent else self.spent
        return painted

    def ask(self, *command: object) -> dict[str, Any]:
        """The answer to a command; see `OptimizerStep`."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            print(json.dumps(command), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            self._errors.seek(0)
            last = (self._errors.read().strip().splitlines() or ["it wrote nothing"])[-1]
            raise EngineError(f"exit code {code}: {last}")
        return json.loads(line)
