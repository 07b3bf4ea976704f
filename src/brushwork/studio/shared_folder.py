"""Checks when a studio is opened: SQLite is on a local disk; one PostgreSQL has one folder, which machines share."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex

import sqlalchemy as sa

from brushwork.errors import InputError
from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.tables import SETTING

_MOUNTS = Path("/proc/self/mounts")
_NETWORK = ("nfs", "cifs", "smb", "sshfs", "fuse.sshfs", "9p", "ceph", "glusterfs", "fuse.glusterfs", "lustre", "afs")
_MARK = "studio-id"
"""File in the folder, and setting in the database, that show that the two belong together."""


def open_database(folder: StudioFolder) -> Database:
    """Return the opened database of a studio whose folder exists.

    Raises: InputError: the database cannot be used, or does not belong to the folder.
    """
    if folder.address is None:
        _require_local(folder.path)
    database = Database(folder.database)
    try:
        if folder.address is not None:
            _require_mark(database, folder.path / _MARK)
    except BaseException:
        database.close()
        raise
    return database


def _require_local(path: Path) -> None:
    kind = file_system(path)
    if kind is not None and kind.startswith(_NETWORK):
        raise InputError(
            f"{path} is on a network ({kind}), where SQLite may lose what it writes: "
            "name a folder on a disk of this machine, or a database of PostgreSQL with --database."
        )


def _require_mark(database: Database, file: Path) -> None:
    known = SETTING.c.name == _MARK
    with database.write() as connection:
        expected = connection.execute(sa.select(SETTING.c.value).where(known)).scalar_one_or_none()
        found = file.read_text(encoding="utf-8") if file.exists() else None
        if expected is None:
            expected = found = found or token_hex(16)
            file.write_text(found, encoding="utf-8")
            connection.execute(SETTING.insert().values(name=_MARK, value=expected))
    if found != expected:
        raise InputError(
            f"{file.parent} is not the folder of {database.name}: all machines that use a database share one folder; "
            "mount it here, and name it with --folder."
        )


def file_system(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return the kind of file system that a path is on; None: unknown."""
    if not mounts.exists():
        return None
    best, kind = -1, None
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, place, found, *_ = line.split(" ")
        place = place.encode().decode("unicode_escape")
        if len(place) > best and path.resolve().is_relative_to(place):
            best, kind = len(place), found
    return kind
