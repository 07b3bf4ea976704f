"""Locks between processes; a lock ends with the process that holds it, however the process ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from brushwork.errors import InputError
from brushwork.storage.atomic import explain_write_errors


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Make a folder that no other process may work in; remove it at the end if it is empty.

    On systems and disks without such locks there is none.

    Raises: InputError: another process works there, or it cannot be made.
    """
    descriptor = _lock(folder)
    try:
        yield
    finally:
        if descriptor is None or _is_there(folder, descriptor):
            with suppress(OSError):
                folder.rmdir()  # while it is locked, so that nobody else works in it
        if descriptor is not None:
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Make a folder and lock it; return its descriptor (None: this system has no locks).

    Raises: InputError: as `locked_folder`.
    """
    while True:
        with explain_write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        if os.name == "nt":
            return None
        with suppress(FileNotFoundError):  # the process that held the lock removes it now
            descriptor = os.open(folder, os.O_RDONLY)
            if _has_locked(folder, descriptor):
                return descriptor


def _has_locked(folder: Path, descriptor: int) -> bool:
    """Lock an open folder, or close it. Return whether it is locked, and was not removed meanwhile.

    Raises: InputError: another process holds the lock.
    """
    is_alone = take_lock(descriptor)
    if is_alone and _is_there(folder, descriptor):
        return True
    os.close(descriptor)
    if not is_alone:
        raise InputError(f"{folder} is in use: another process paints there; wait for it, or stop it.")
    return False


def _is_there(folder: Path, descriptor: int) -> bool:
    """Return whether a folder is still the one that was opened."""
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except OSError:
        return False


def take_lock(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed; return False if another process holds the lock.

    On disks without such locks it returns True.
    """
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
