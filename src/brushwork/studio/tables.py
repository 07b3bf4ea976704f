"""The studio's tables, and how its database is opened. The queue itself is in the database of dbos, beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from brushwork.errors import InputError

SCHEMA = 1
"""Version of the tables, in SQLite's `user_version`."""

_BUSY = 5000
"""Milliseconds to wait for another writer."""

_METADATA = sa.MetaData()


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True)


JOB = sa.Table(
    "job",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("lane", sa.String, nullable=False),
    sa.Column("request", _json(), nullable=False),
    sa.Column("request_hash", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("wanted", sa.String),  # pause or cancel, asked of a running job
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Column("round", sa.Integer, nullable=False, default=1),  # raised whenever the job is to be queued anew
    sa.Column("handed", sa.Integer, nullable=False, default=0),  # the last round that was given to the queue
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
    sa.Column("level", _json()),  # size that is painted now, and the sizes to come
    sa.Column("loss", sa.Float),
    sa.Column("spent", sa.Float, nullable=False, default=0.0),
    sa.Column("preview", sa.Integer, nullable=False, default=0),  # raised with every new preview; 0: none yet
    sa.Column("result", _json()),
    sa.Column("notes", _json()),
    sa.Column("problem", _json()),
    sa.Column("title", sa.String, nullable=False, default=""),
    sa.Column("pinned", sa.Boolean, nullable=False, default=False),
    sa.Column("trashed", sa.Integer),
    sa.Column("created", sa.Integer, nullable=False),
    sa.Column("started", sa.Integer),
    sa.Column("finished", sa.Integer),
)
sa.Index("job_waiting", JOB.c.lane, JOB.c.state, JOB.c.priority.desc(), JOB.c.place)
sa.Index("job_parent", JOB.c.parent)
sa.Index("job_request", JOB.c.request_hash)

EVENT = sa.Table(
    "event",
    _METADATA,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("job", sa.String),
    sa.Column("version", sa.Integer),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("data", _json()),
    sa.Column("time", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("event_job", EVENT.c.job)
# A job cannot be completed twice, whatever the code does.
sa.Index("event_once", EVENT.c.job, unique=True, sqlite_where=sa.text("kind = 'completed'"))

FILE = sa.Table(
    "file",
    _METADATA,
    sa.Column("sha256", sa.String, primary_key=True),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("name", sa.String, nullable=False, default=""),
    sa.Column("created", sa.Integer, nullable=False),
)

PAINTING = sa.Table(
    "painting",
    _METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("model", sa.String),  # a style model that paints at once; None: an image
    sa.Column("sha256", sa.String),  # the image, or the model's thumbnail
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False, default=False),
)

WORKER = sa.Table(
    "worker",
    _METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("device", sa.String, nullable=False, default=""),
    sa.Column("started", sa.Integer, nullable=False),
    sa.Column("heartbeat", sa.Integer, nullable=False),
    sa.Column("ready", sa.Boolean, nullable=False, default=False),
)

SETTING = sa.Table("setting", _METADATA, sa.Column("name", sa.String, primary_key=True), sa.Column("value", _json()))

IDEMPOTENCY = sa.Table(
    "idempotency",
    _METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("request_hash", sa.String, nullable=False),
    sa.Column("job", sa.String, nullable=False),
    sa.Column("until", sa.Integer, nullable=False),
)


def now() -> int:
    """Return the time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


class Database:
    """The studio's database: short transactions, each of which takes the write lock when it begins."""

    def __init__(self, path: Path) -> None:
        """Open or create the database.

        Raises: InputError: it is of a newer version, damaged, or cannot be written.
        """
        self.path = path
        self.engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY / 1000})
        event.listen(self.engine, "connect", _set_up)
        event.listen(self.engine, "begin", _begin)
        try:
            self._create()
        except sa.exc.DatabaseError as error:
            raise InputError(
                f"{path} cannot be used as the studio's database ({error.orig}): name another folder."
            ) from error

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection inside of a transaction that holds the write lock; it commits at the end."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection that only reads, without any lock."""
        with self.engine.connect() as connection:
            yield connection.execution_options(only_reads=True)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _create(self) -> None:
        with self.write() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > SCHEMA:
                raise InputError(f"{self.path} was written by a newer version of brushwork: update this one.")
            _METADATA.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")


def _begin(connection: sa.Connection) -> None:
    """Take the write lock at once: a transaction that begins with reading may be refused when it comes to write."""
    if not connection.get_execution_options().get("only_reads"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up(connection: Any, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event begins transactions, not the driver
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


class ChangeWatch:
    """Tells whether another connection has committed since the last call, at the cost of microseconds."""

    def __init__(self, database: Database) -> None:
        self._connection = database.engine.raw_connection()
        self._version: int | None = None

    def has_changed(self) -> bool:
        """Return whether something was committed since the last call; the first call returns True."""
        cursor = self._connection.cursor()
        version = int(cursor.execute("PRAGMA data_version").fetchone()[0])
        cursor.close()
        has_changed, self._version = version != self._version, version
        return has_changed

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
