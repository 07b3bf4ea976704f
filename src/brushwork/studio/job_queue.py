"""The queue, on dbos: a workflow for each painting, which another worker repeats if its worker is lost.

dbos keeps what was given to it and starts it once; this module decides what is given to it next. Only a few jobs are
handed over at a time, so that priorities and the order can still be changed while jobs wait.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID

from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import Lane
from brushwork.studio.job_store import PAUSED
from brushwork.studio.tables import JOB, SETTING, WORKER, Database, now

LANES: tuple[Lane, ...] = ("quick", "long")

LOST_AFTER = 30_000
"""Milliseconds without a heartbeat after which a worker counts as lost."""

_VERSION = "studio-1"
"""Version of the workflows for dbos: a new release of brushwork continues the jobs of an older one."""

_POLL = {"quick": 0.1, "long": 0.25}
_AHEAD = 1
"""Jobs that are handed over beyond those that the workers run."""

_ENDLESS = 1_000_000
"""Attempts that dbos allows; how many deaths are too many is decided in `claims`, where progress is known."""

RunJob = Callable[[str, int], None]
"""Run a round of a job, by its id."""


class JobQueue:
    """Gives the waiting jobs to the workers."""

    def __init__(self, database: Database, folder: StudioFolder, worker: str, run: RunJob) -> None:
        """`run` is called in a thread of its own, once for each job that this worker gets."""
        self._database, self._worker = database, worker
        with closing(sqlite3.connect(folder.queue)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        config: DBOSConfig = {
            "name": "brushwork-studio",
            "system_database_url": f"sqlite:///{folder.queue}",
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
        for lane in LANES:
            DBOS.register_queue(lane, worker_concurrency=1, polling_interval_sec=_POLL[lane])

    def hand_over(self) -> int:
        """Give dbos the next jobs of each lane, and return their number. Repeating it does no harm."""
        return sum(self._hand_over(lane) for lane in LANES)

    def recover_lost(self) -> None:
        """Give the jobs of workers without a heartbeat to those that live."""
        with self._database.read() as connection:
            lost = sa.select(WORKER.c.id).where(WORKER.c.heartbeat < now() - LOST_AFTER)
            names = list(connection.execute(lost).scalars())
        if names:
            DBOS._recover_pending_workflows(names)
            with self._database.write() as connection:
                connection.execute(WORKER.delete().where(WORKER.c.id.in_(names)))

    def close(self) -> None:
        """Stop taking jobs."""
        DBOS.destroy()

    def _hand_over(self, lane: Lane) -> int:
        jobs = self._next_jobs(lane)
        for job, round in jobs:
            # The id makes it idempotent: another worker may hand over the same job now.
            with SetWorkflowID(f"{job}.{round}"):
                DBOS.enqueue_workflow(lane, self._paint, job, round)
        if jobs:
            with self._database.write() as connection:
                for job, round in jobs:
                    connection.execute(JOB.update().where(JOB.c.id == job, JOB.c.round == round).values(handed=round))
        return len(jobs)

    def _next_jobs(self, lane: Lane) -> list[tuple[str, int]]:
        in_lane = JOB.c.lane == lane
        with self._database.read() as connection:
            if (
                lane == "long"
                and connection.execute(sa.select(SETTING.c.value).where(SETTING.c.name == PAUSED)).scalar_one_or_none()
            ):
                return []
            workers = connection.execute(
                sa.select(sa.func.count()).where(WORKER.c.heartbeat >= now() - LOST_AFTER)
            ).scalar_one()
            handed = connection.execute(
                sa.select(sa.func.count())
                .select_from(JOB)
                .where(in_lane, JOB.c.state.in_(("pending", "running")), JOB.c.handed == JOB.c.round)
            ).scalar_one()
            waiting = (
                sa.select(JOB.c.id, JOB.c.round)
                .where(in_lane, JOB.c.state == "pending", JOB.c.handed < JOB.c.round)
                .order_by(JOB.c.priority.desc(), JOB.c.place)
                .limit(max(0, workers + _AHEAD - handed))
            )
            return [(row.id, row.round) for row in connection.execute(waiting)]
