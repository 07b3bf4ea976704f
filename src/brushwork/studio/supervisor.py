"""The workers that the server starts, and restarts when they end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from brushwork.studio.folder import DATABASE_VARIABLE, StudioFolder

_LONGEST_PAUSE = 60.0
_GOOD_AFTER = 30.0
"""Seconds of life after which a worker counts as started."""
_SECONDS_TO_END = 30.0
_LOOK = 0.2
_NICE = 5
"""Niceness by which workers yield to the page: a browser that waits for its turn shows nothing."""


@contextmanager
def keep_workers(folder: StudioFolder, count: int) -> Iterator[None]:
    """Context manager that keeps a number of workers alive, and ends them at its end."""
    over = Event()
    keepers = [Thread(target=_keep, args=(folder, over)) for _ in range(count)]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        over.set()
        for keeper in keepers:
            keeper.join()


def _keep(folder: StudioFolder, over: Event) -> None:
    pause = 1.0
    while not over.is_set():
        began = monotonic()
        _run(folder, over)
        pause = 1.0 if monotonic() - began > _GOOD_AFTER else min(_LONGEST_PAUSE, 2 * pause)
        over.wait(pause)


def _run(folder: StudioFolder, over: Event) -> None:
    """Run one worker until it ends. Its standard input is a pipe: if this process dies, the worker sees it close."""
    environment = {**os.environ, DATABASE_VARIABLE: folder.address or ""}
    with subprocess.Popen(worker_command(folder.path), stdin=subprocess.PIPE, env=environment) as process:
        while process.poll() is None and not over.wait(_LOOK):
            pass
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()


def worker_command(folder: Path) -> list[str]:
    """Return the command of a worker that ends with its parent."""
    worker = (sys.executable, "-m", "brushwork", "worker", "--folder", str(folder), "--ends-with-parent")
    return ["nice", "-n", str(_NICE), *worker]
