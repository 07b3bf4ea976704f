"""The queue, on dbos: a workflow for each painting, which another worker repeats if its worker is lost.

dbos starts each workflow once, in one worker, and keeps it until it is done. Which job is started is decided here, when
a worker is free, so that priorities and the order can change as long as jobs wait.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import Lane
from brushwork.studio.job_store import PAUSED
from brushwork.studio.tables import JOB, SETTING, WORKER

LOST_AFTER = 30_000
"""Milliseconds without a heartbeat after which a worker counts as lost."""

_VERSION = "studio-1"
"""Version of the workflows for dbos: a new release of brushwork continues the jobs of an older one."""

_ENDLESS = 1_000_000
"""Attempts that dbos allows; `claims`, where progress is known, decides how many deaths are too many."""

RunJob = Callable[[str, int], None]
"""Run a round of a job, by its id."""


class JobQueue:
    """Starts the waiting jobs in this worker."""

    def __init__(self, database: Database, folder: StudioFolder, worker: str, run: RunJob) -> None:
        """`run` is called in its own thread, once for each job that this worker gets."""
        self._database, self._worker = database, worker
        url = sa.make_url(folder.queue)
        if url.drivername == "sqlite":
            with closing(sqlite3.connect(str(url.database))) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
        config: DBOSConfig = {
            "name": "brushwork-studio",
            "system_database_url": folder.queue,
            "executor_id": worker,
            "application_version": _VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        DBOS(config=config)

        @DBOS.workflow(name="paint", max_recovery_attempts=_ENDLESS)
        def paint(job: str, round: int) -> None:
            run(job, round)

        self._paint = paint
        DBOS.launch()

    def start_next(self, lane: Lane) -> Future[None] | None:
        """Start the next job of a lane, and return its future; None: no job waits that others have not taken."""
        found = self._next_job(lane)
        if found is None:
            return None
        job, round = found
        with SetWorkflowID(f"{job}.{round}"):  # one workflow: if several workers start it, one runs it
            handle = DBOS.start_workflow(self._paint, job, round)
        future = getattr(handle, "future", None)
        if isinstance(future, Future):
            return future
        # If another worker runs the workflow, or will, dbos returns a handle that only polls its state.
        with self._database.write() as connection:
            connection.execute(JOB.update().where(JOB.c.id == job, JOB.c.round == round).values(handed=round))
        return self.start_next(lane)

    def recover_lost(self) -> None:
        """Give the jobs of workers without a heartbeat to live workers."""
        with self._database.read() as connection:
            lost = WORKER.c.heartbeat < self._database.clock - LOST_AFTER
            names = list(connection.execute(sa.select(WORKER.c.id).where(lost)).scalars())
        if names:
            DBOS._recover_pending_workflows(names)
            with self._database.write() as connection:
                connection.execute(WORKER.delete().where(WORKER.c.id.in_(names), lost))

    def close(self) -> None:
        """Stop taking jobs."""
        DBOS.destroy()

    def _next_job(self, lane: Lane) -> tuple[str, int] | None:
        waiting = (
            sa.select(JOB.c.id, JOB.c.round)
            .where(JOB.c.lane == lane, JOB.c.state == "pending", JOB.c.handed < JOB.c.round)
            .order_by(JOB.c.priority.desc(), JOB.c.place)
            .limit(1)
        )
        paused = sa.select(SETTING.c.value).where(SETTING.c.name == PAUSED)
        with self._database.read() as connection:
            if lane == "long" and connection.execute(paused).scalar_one_or_none():
                return None
            row = connection.execute(waiting).one_or_none()
        return None if row is None else (row.id, row.round)
