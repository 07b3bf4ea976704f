"""Pipes for tests: each gives a file's bytes once, as `<(cat file)` does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread


def pipe_of(file: Path, name: str) -> Path:
    """A named pipe beside a file, into which its bytes are written once."""
    pipe = file.with_name(name)
    os.mkfifo(pipe)
    Thread(target=pipe.write_bytes, args=(file.read_bytes(),), daemon=True).start()
    return pipe


@contextmanager
def waiting_at_most(seconds: int) -> Iterator[None]:
    """What waits for ever fails."""

    def fail(number: int, frame: object) -> None:
        raise AssertionError(f"it waits, {seconds} s already")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
