"""The workers that the server starts, and starts again when they end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_LONGEST_PAUSE = 60.0
_GOOD_AFTER = 30.0
"""Seconds of life after which a worker counts as started."""
_SECONDS_TO_END = 30.0


@asynccontextmanager
async def keep_workers(folder: Path, count: int) -> AsyncIterator[None]:
    """Context manager that keeps a number of workers alive, and ends them at its end."""
    keepers = [asyncio.create_task(_keep(folder)) for _ in range(count)]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def _keep(folder: Path) -> None:
    pause, loop = 1.0, asyncio.get_running_loop()
    while True:
        began = loop.time()
        await _run(folder)
        pause = 1.0 if loop.time() - began > _GOOD_AFTER else min(_LONGEST_PAUSE, 2 * pause)
        await asyncio.sleep(pause)


async def _run(folder: Path) -> None:
    """Run one worker until it ends. Its standard input is a pipe: if this process dies, the worker sees it close."""
    process = await asyncio.create_subprocess_exec(*worker_command(folder), stdin=subprocess.PIPE)
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(TimeoutError, ProcessLookupError):
                await asyncio.wait_for(process.wait(), _SECONDS_TO_END)
        if process.returncode is None:
            process.kill()


def worker_command(folder: Path) -> list[str]:
    """Return the command of a worker that ends with its parent."""
    return [sys.executable, "-m", "brushwork", "worker", "--folder", str(folder), "--ends-with-parent"]
