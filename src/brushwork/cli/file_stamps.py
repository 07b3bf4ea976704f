"""Whether files were written by this run, or were there before it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from brushwork.storage.folders import expand_user


class FileStamps:
    """Which files were at some paths when a run began, to tell them from those that it wrote."""

    def __init__(self, *paths: Path) -> None:
        """Note what is at the paths now."""
        self._before = {path: _stamp(path) for path in paths}

    def has_new(self, path: Path) -> bool:
        """Return whether there is a file at one of the paths that was not there when the run began."""
        return _stamp(path) not in (None, self._before[path])


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return a file's inode and time of its last change in nanoseconds; None: there is no file."""
    with suppress(OSError):
        status = expand_user(path).stat()
        return status.st_ino, status.st_mtime_ns
    return None
