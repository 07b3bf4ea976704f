"""What is removed by itself: work of jobs that are over, uploads that were not completed, and old events."""

from __future__ import annotations

import shutil
import time

import sqlalchemy as sa

from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.states import FINAL
from brushwork.studio.tables import EVENT, JOB

_DAY = 24 * 3600.0
KEPT_EVENTS = 50_000
"""Events that are kept for clients that were away; older ones ask for everything again."""


def sweep(database: Database, folder: StudioFolder) -> None:
    """Remove what nobody needs any more. Results, and files that were uploaded, are never removed."""
    _sweep_work(database, folder)
    for part in folder.incoming.iterdir():
        if time.time() - part.stat().st_mtime > _DAY:
            part.unlink(missing_ok=True)
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
