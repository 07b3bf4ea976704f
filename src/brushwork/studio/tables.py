"""The studio's tables. The queue itself is in the tables of dbos."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()

_Long = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""64 bits; SQLite counts rows only in a column that it calls INTEGER, which has 64 bits there."""


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True)


JOB = sa.Table(
    "job",
    METADATA,
    sa.Column("number", _Long, primary_key=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("lane", sa.String, nullable=False),
    sa.Column("request", _json(), nullable=False),
    sa.Column("request_hash", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("wanted", sa.String),  # pause or cancel, requested of a running job
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Column("round", sa.Integer, nullable=False, default=1),  # raised whenever the job is to be queued again
    sa.Column("handed", sa.Integer, nullable=False, default=0),  # the last round that a worker has or will get
    sa.Column("attempt", sa.Integer, nullable=False, default=0),  # the fence: raised by every claim
    sa.Column("deaths", sa.Integer, nullable=False, default=0),  # workers lost in a row without a newer checkpoint
    sa.Column("worker", sa.String),
    sa.Column("priority", sa.Integer, nullable=False, default=0),
    sa.Column("place", sa.Float, nullable=False),
    sa.Column("parent", sa.String),
    sa.Column("via", sa.String),
    sa.Column("batch", sa.String),
    sa.Column("done", sa.Integer, nullable=False, default=0),
    sa.Column("total", sa.Integer, nullable=False, default=0),
    sa.Column("level", _json()),  # size being painted, and the sizes to come
    sa.Column("loss", sa.Float),
    sa.Column("spent", sa.Float, nullable=False, default=0.0),
    sa.Column("preview", sa.Integer, nullable=False, default=0),  # raised with every new preview; 0: none yet
    sa.Column("result", _json()),
    sa.Column("notes", _json()),
    sa.Column("problem", _json()),
    sa.Column("title", sa.String, nullable=False, default=""),
    sa.Column("pinned", sa.Boolean, nullable=False, default=False),
    sa.Column("trashed", _Long),
    sa.Column("created", _Long, nullable=False),
    sa.Column("started", _Long),
    sa.Column("finished", _Long),
)
sa.Index("job_waiting", JOB.c.lane, JOB.c.state, JOB.c.priority.desc(), JOB.c.place)
sa.Index("job_parent", JOB.c.parent)
sa.Index("job_request", JOB.c.request_hash)

EVENT = sa.Table(
    "event",
    METADATA,
    sa.Column("seq", _Long, primary_key=True),
    sa.Column("job", sa.String),
    sa.Column("version", sa.Integer),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("data", _json()),
    sa.Column("time", _Long, nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("event_job", EVENT.c.job)
_COMPLETED = sa.text("kind = 'completed'")
# A job cannot complete twice, whatever the code does.
sa.Index("event_once", EVENT.c.job, unique=True, sqlite_where=_COMPLETED, postgresql_where=_COMPLETED)

FILE = sa.Table(
    "file",
    METADATA,
    sa.Column("sha256", sa.String, primary_key=True),
    sa.Column("bytes", _Long, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("name", sa.String, nullable=False, default=""),
    sa.Column("created", _Long, nullable=False),
)

PAINTING = sa.Table(
    "painting",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("model", sa.String),  # a style model that paints at once; None: an image
    sa.Column("sha256", sa.String),  # the image, or the model's thumbnail
    sa.Column("used", _Long, nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False, default=False),
)

WORKER = sa.Table(
    "worker",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("device", sa.String, nullable=False, default=""),
    sa.Column("started", _Long, nullable=False),
    sa.Column("heartbeat", _Long, nullable=False),
    sa.Column("ready", sa.Boolean, nullable=False, default=False),
)

SETTING = sa.Table("setting", METADATA, sa.Column("name", sa.String, primary_key=True), sa.Column("value", _json()))

IDEMPOTENCY = sa.Table(
    "idempotency",
    METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("request_hash", sa.String, nullable=False),
    sa.Column("job", sa.String, nullable=False),
    sa.Column("until", _Long, nullable=False),
)


def now() -> int:
    """Return the time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
