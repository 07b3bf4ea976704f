"""Automatic removal: work of jobs that are over, remains of processes that were ended, and old events."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.states import FINAL
from brushwork.studio.tables import EVENT, FILE, JOB, now

_DAY = 24 * 3600.0
KEPT_EVENTS = 50_000
"""Number of events kept for clients that were away; clients away for longer request everything again."""


def sweep(database: Database, folder: StudioFolder) -> None:
    """Remove what is no longer needed. Results and uploaded files are never removed."""
    _sweep_work(database, folder)
    _sweep_store(database, folder)
    _sweep_thumbnails(database, folder)
    for part in (*folder.incoming.iterdir(), *folder.tiles("").glob("*.part")):
        if _age(part) > _DAY:
            _remove(part)
    with database.write() as connection:
        newest = connection.execute(sa.select(sa.func.max(EVENT.c.seq))).scalar_one_or_none() or 0
        kept = EVENT.c.seq > newest - KEPT_EVENTS
        connection.execute(EVENT.delete().where(~kept, EVENT.c.kind != "completed"))


def _sweep_work(database: Database, folder: StudioFolder) -> None:
    for work in (folder.path / "work").iterdir():
        with database.read() as connection:
            query = sa.select(JOB.c.state, JOB.c.result).where(JOB.c.id == work.name)
            job = connection.execute(query).one_or_none()
        if job is None or job.state in FINAL:
            folder.remove_work(work.name)
        if job is None or (job.state in FINAL and job.result is not None):
            shutil.rmtree(work, ignore_errors=True)


def _sweep_store(database: Database, folder: StudioFolder) -> None:
    """Remove files without a record: their process was ended before it could write one.

    Files older than the database are left, because they may be all that remains of another one.
    """
    known, oldest = _recorded(database)
    for file in _without_record((folder.path / "store").glob("??/*"), known):
        with database.write() as connection, suppress(FileNotFoundError):
            sha256 = _sha256_of(file)
            is_known = connection.execute(sa.select(FILE.c.sha256).where(FILE.c.sha256 == sha256)).one_or_none()
            if not is_known and file.stat().st_ctime * 1000 > oldest:  # the time of the renaming
                file.unlink()


def _sweep_thumbnails(database: Database, folder: StudioFolder) -> None:
    """Remove thumbnails of files without a record, and those that were not completed."""
    known, _ = _recorded(database)
    for file in _without_record((folder.path / "thumbnails").glob("??/*"), known):
        if _age(file) > _DAY:
            _remove(file)


def _recorded(database: Database) -> tuple[set[str], int]:
    """Return the files with a record, and the time of the oldest record."""
    with database.read() as connection:
        rows = connection.execute(sa.select(FILE.c.sha256, FILE.c.created)).all()
    return {row.sha256 for row in rows}, min((row.created for row in rows), default=now())


def _without_record(files: Iterable[Path], known: set[str]) -> list[Path]:
    return [one for one in files if _sha256_of(one) not in known]


def _sha256_of(file: Path) -> str:
    """Return the SHA-256 that is in the path of a stored file or of its thumbnail."""
    return file.parent.name + file.name.partition("-")[0]


def _age(path: Path) -> float:
    """Return the seconds since a file was written; 0: it is gone."""
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return 0.0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
