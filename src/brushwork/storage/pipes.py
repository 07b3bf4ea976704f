"""Pipes: their content can be read only once, but image files are read several times (header, pixels, hash).

A command caches what it reads from them (`cache_pipes`). Without this, the library reads the path again each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from brushwork.errors import InputError

STDIN = Path("/dev/stdin")
"""Path of standard input."""

_kept: dict[Path, bytes] | None = None
"""Content read from each pipe; None: nothing is cached."""


@contextmanager
def cache_pipes() -> Iterator[None]:
    """Cache the content of pipes inside the context, so that it can be read again."""
    global _kept
    before, _kept = _kept, {}
    try:
        yield
    finally:
        _kept = before


def is_pipe(path: Path) -> bool:
    """Return whether the path can be read only once: a named pipe, or `<(command)`."""
    with suppress(OSError, ValueError):  # no such names
        return path.is_fifo()
    return False


def is_there(path: Path) -> bool:
    """Return whether the path can be read: a file or a pipe."""
    return path.is_file() or is_pipe(path)


def keep(path: Path, content: bytes) -> None:
    """Cache this content for the path, while pipes are cached."""
    if _kept is not None:
        _kept[path] = content


def content_of_pipe(path: Path) -> bytes | None:
    """Return the content of a pipe, cached or read now; None for any other path.

    Reading waits for the writer.

    Raises: OSError: it cannot be read.
    """
    if _kept is not None and path in _kept:
        return _kept[path]
    if not is_pipe(path):
        return None
    content = path.read_bytes()
    keep(path, content)
    return content


def require_rereadable(path: Path) -> None:
    """Refuse a pipe that is not cached, where a file must be read several times.

    Raises: InputError: such a pipe.
    """
    if _kept is None:
        require_no_pipe(path)


def require_no_pipe(path: Path) -> None:
    """Refuse a pipe, cached or not.

    Raises: InputError: a pipe.
    """
    if is_pipe(path):
        raise InputError(f"{path} is a pipe, which can be read only once: save it as a file, and give that.")
