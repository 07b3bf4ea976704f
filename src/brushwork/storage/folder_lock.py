"""Locks between processes, which end with the process that has them, whatever ends that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from brushwork.errors import InputError
from brushwork.storage.atomic import explain_write_errors


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Make a folder that no other process may work in; remove it in the end if nothing is in it.

    Systems and disks without such locks have none.

    Raises: InputError: another process works there, or it cannot be made.
    """
    with explain_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    descriptor = None if os.name == "nt" else os.open(folder, os.O_RDONLY)
    try:
        if descriptor is not None and not take_lock(descriptor):
            raise InputError(f"{folder} is in use: another process paints this film; wait for it, or stop it.")
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
        with suppress(OSError):
            folder.rmdir()


def take_lock(descriptor: int) -> bool:
    """Lock an open file or folder until it is closed; return whether nobody else has the lock.

    On disks without such locks everyone gets it.
    """
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
