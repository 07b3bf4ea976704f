"""Whether files belong to this run, or were there before it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from brushwork.storage.folders import expand_user


class FileStamps:
    """Inodes and times of the files at some paths when a run begins, to tell them from those that it writes."""

    def __init__(self, *paths: Path, resume: bool) -> None:
        """Read the stamps. With `resume`, the files that are there are those of the run that is resumed."""
        self._before = {path: None if resume else _stamp(path) for path in paths}

    def is_own(self, path: Path) -> bool:
        """Return whether the file at one of the paths was written by this run, or by the one that it resumes."""
        return _stamp(path) not in (None, self._before[path])


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return a file's inode and the time of its last change in nanoseconds; None: there is no file."""
    with suppress(OSError):
        status = expand_user(path).stat()
        return status.st_ino, status.st_mtime_ns
    return None
