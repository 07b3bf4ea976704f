"""Pipes. What comes through them can be read once, and pictures are read several times: header, pixels, hash.

A command keeps what it read of them (`keeping_pipes`); the library reads them anew each time, as they were given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from brushwork.errors import InputError

STDIN = Path("/dev/stdin")
"""What standard input is called."""

_kept: dict[Path, bytes] | None = None
"""What was read of each pipe; None: nothing is kept."""


@contextmanager
def keeping_pipes() -> Iterator[None]:
    """Keep what is read of pipes while it is entered, so that it can be read again."""
    global _kept
    before, _kept = _kept, {}
    try:
        yield
    finally:
        _kept = before


def is_pipe(path: Path) -> bool:
    """Whether it can be read once only: a named pipe, or `<(command)`."""
    with suppress(OSError, ValueError):  # no such names
        return path.is_fifo()
    return False


def is_there(path: Path) -> bool:
    """Whether it can be read: a file or a pipe."""
    return path.is_file() or is_pipe(path)


def keep(path: Path, content: bytes) -> None:
    """Read this wherever the path is read, while pipes are kept."""
    if _kept is not None:
        _kept[path] = content


def content_of_pipe(path: Path) -> bytes | None:
    """What comes, or came, through a pipe; None for everything else.

    Waits for whoever writes into it, if it was not read yet. Raises: OSError: it cannot be read.
    """
    if _kept is not None and path in _kept:
        return _kept[path]
    if not is_pipe(path):
        return None
    content = path.read_bytes()
    keep(path, content)
    return content


def require_rereadable(path: Path) -> None:
    """Refuse a pipe that is not kept, where a file is read several times.

    Raises: InputError.
    """
    if _kept is None:
        require_no_pipe(path)


def require_no_pipe(path: Path) -> None:
    """Refuse a pipe, kept or not.

    Raises: InputError.
    """
    if is_pipe(path):
        raise InputError(f"{path} is a pipe, which can be read only once: save it as a file, and give that.")
