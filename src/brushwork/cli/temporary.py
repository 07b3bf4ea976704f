"""Temporary files of a command on systems without a place for them, such as read-only containers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from brushwork.errors import InputError
from brushwork.storage.folders import nearest_folder, temporary_place


def settle_temporary() -> None:
    """Let torch load in this process without a place for temporary files.

    Its compiler creates a cache folder on import; any existing folder will do, since nothing is compiled.
    """
    if not _has_place():
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.sep)


class TemporaryStreams:
    """Context manager that provides files for standard streams and pipes, in a temporary folder that it removes."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def _place(self) -> Path:
        """Return the temporary folder, created on first use.

        Raises: InputError: there is no place for it.
        """
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="brushwork-", dir=temporary_place())
        return Path(self._folder.name)


@contextmanager
def temporary_beside(folder: Path) -> Iterator[None]:
    """Context manager that puts temporary files in a hidden subfolder, if the system has no place for them."""
    made = _make_within(folder)
    if made is None:
        yield
        return
    named: dict[str, str | None] = {"TMPDIR": made, "MPLCONFIGDIR": made}
    before = {name: os.environ.get(name) for name in named}
    _name(named)
    try:
        yield
    finally:
        _name(before)
        shutil.rmtree(made, ignore_errors=True)


def _make_within(folder: Path) -> str | None:
    """Return a new folder; None if none is needed or it cannot be created, which is reported later."""
    if _has_place():
        return None
    try:
        return tempfile.mkdtemp(prefix=".brushwork-", dir=nearest_folder(folder))
    except OSError:
        return None


def _has_place() -> bool:
    try:
        temporary_place()
    except InputError:
        return False
    return True


def _name(places: Mapping[str, str | None]) -> None:
    """Set the folder for temporary files for this process and those it starts."""
    tempfile.tempdir = None
    for name, place in places.items():
        if place is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = place
