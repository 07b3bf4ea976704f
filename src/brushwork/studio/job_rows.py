"""Read and change the rows of jobs, and record the events that report it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from brushwork.errors import BrushworkError
from brushwork.studio.tables import EVENT, JOB, now

_HIDDEN = ("number", "request_hash", "round", "handed", "lane", "place")
"""Columns that are useless to a client."""


class UnknownJobError(BrushworkError):
    """There is no such job."""


class RefusedChangeError(BrushworkError):
    """The job is in a state that does not allow the change, or was changed meanwhile."""


def new_id() -> str:
    """Return a UUID of version 7: 48 bits of milliseconds, then random ones, so that later ids are greater."""
    random = int.from_bytes(os.urandom(10)) & ~(0xF << 76) | 7 << 76
    return str(UUID(int=(time.time_ns() // 1_000_000) << 80 | random & ~(3 << 62) | 2 << 62))


def job_to_json(row: sa.Row[Any]) -> dict[str, Any]:
    """Return a job as clients see it."""
    return {name: value for name, value in row._mapping.items() if name not in _HIDDEN}


def add_event(connection: sa.Connection, kind: str, data: Any, job: str | None = None, version: int = 0) -> None:
    """Record an event; clients see it as soon as the transaction commits."""
    connection.execute(EVENT.insert().values(job=job, version=version, kind=kind, data=data, time=now()))


def change_job(
    connection: sa.Connection, values: Mapping[str, Any], *where: sa.ColumnElement[bool], kind: str = "job"
) -> dict[str, Any] | None:
    """Change the job that fulfills the conditions and record the event; return it, or None if there is none."""
    changed = connection.execute(
        JOB.update().where(*where).values(version=JOB.c.version + 1, **values).returning(JOB)
    ).one_or_none()
    if changed is None:
        return None
    job = job_to_json(changed)
    add_event(connection, kind, job, job["id"], job["version"])
    return job


def change_known_job(connection: sa.Connection, job: str, **values: Any) -> dict[str, Any]:
    """Change an existing job, and return it."""
    changed = change_job(connection, values, JOB.c.id == job)
    assert changed is not None  # inside a transaction that has found it
    return changed


def require_job(connection: sa.Connection, job: str) -> sa.Row[Any]:
    """Return the row of a job.

    Raises: UnknownJobError.
    """
    is_possible = "\0" not in job  # which PostgreSQL refuses in texts
    row = connection.execute(sa.select(JOB).where(JOB.c.id == job)).one_or_none() if is_possible else None
    if row is None:
        raise UnknownJobError("there is no such painting: it may have been removed.")
    return row
