"""Temporary files of a command where the system has no place for them, as in containers that cannot be written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from brushwork.errors import InputError
from brushwork.storage.folders import nearest_folder, temporary_place


def settle_temporary() -> None:
    """Let torch load in this process without a place for temporary files.

    Its compiler makes its cache when it is imported; any folder that is there will do, for nothing is compiled.
    """
    if not _has_place():
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.sep)


@contextmanager
def temporary_beside(folder: Path) -> Iterator[None]:
    """While it is entered, temporary files lie in a hidden folder within this one, unless there is a place for them."""
    made = _made_within(folder)
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


def _made_within(folder: Path) -> str | None:
    """A new folder; None where none is needed, or can be made: what cannot be written is told of later."""
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
    """Tell this process, and those that it starts, where temporary files go."""
    tempfile.tempdir = None
    for name, place in places.items():
        if place is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = place
