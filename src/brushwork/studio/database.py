"""The studio's database: a file of SQLite for one machine, or PostgreSQL by its address for many."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event

from brushwork.errors import InputError
from brushwork.studio.change_watch import CHANNEL, ChangeWatch, PostgresWatch, SqliteWatch
from brushwork.studio.tables import METADATA, SETTING, now

SCHEMA = 1
"""Version of the tables, stored in the setting of this name."""

_BUSY = 5.0
"""Seconds to wait for another writer of SQLite."""
_CONNECT = 10
"""Seconds to wait for the server of PostgreSQL."""
_AGAIN_AFTER = 1.0
"""Seconds after which an action without an answer is repeated."""
_WRITE_LOCK = 0x627275736877
"""Key of the advisory lock that a writer holds in PostgreSQL."""

DATABASE_LOST = (sa.exc.OperationalError, sa.exc.InterfaceError)
"""Errors of a database that cannot be reached now, is locked, or has no space: the action may be tried again."""


_T = TypeVar("_T")


class Database:
    """The studio's database: short transactions, of which only one writes at a time.

    A transaction may therefore read before it writes, and events become visible in the order of their numbers.
    """

    def __init__(self, address: str) -> None:
        """Open the database, and create missing tables.

        Raises: InputError: it is of a newer version, damaged, cannot be reached, or cannot be written.
        """
        url = sa.make_url(address)
        self.is_postgres = url.drivername.startswith("postgresql")
        self.engine = _postgres(url) if self.is_postgres else _sqlite(url, "FULL")
        self._unsynced = self.engine if self.is_postgres else _sqlite(url, "NORMAL")
        only_reads = {"isolation_level": "AUTOCOMMIT"} if self.is_postgres else {"only_reads": True}
        self._reading = self.engine.execution_options(**only_reads)
        self.name = url.render_as_string(hide_password=True) if self.is_postgres else str(url.database)
        try:
            self._create()
        except BaseException as error:
            self.close()
            if isinstance(error, sa.exc.DatabaseError | sa.exc.InterfaceError):
                raise self._unusable(error) from error
            raise

    @contextmanager
    def write(self, *, is_synced: bool = True) -> Iterator[sa.Connection]:
        """Yield a connection inside of a transaction that holds the write lock; it commits at the end.

        `is_synced` False: SQLite does not wait for the disk. Commits outlive every process, but the last ones may be
        lost if the machine loses power.
        """
        with (self.engine if is_synced else self._unsynced).begin() as connection:
            if self.is_postgres:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITE_LOCK)))
            yield connection
            if self.is_postgres:
                connection.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection that only reads, without any lock."""
        with self._reading.connect() as connection:
            yield connection

    @property
    def clock(self) -> sa.ColumnElement[int]:
        """The time in milliseconds since 1970, by the clock that all workers share."""
        if not self.is_postgres:
            return sa.literal(now())
        return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger)

    def watch(self) -> ChangeWatch:
        """Return a watch that tells whether something was committed."""
        return PostgresWatch(self.engine) if self.is_postgres else SqliteWatch(self.engine)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._unsynced.dispose()

    def _unusable(self, error: sa.exc.DBAPIError) -> InputError:
        reason = " ".join(str(error.orig).split())
        remedy = "check that it was created" if self.is_postgres else "name another folder"
        return InputError(f"{self.name} cannot be used as the studio's database ({reason}): {remedy}.")

    def _create(self) -> None:
        with self.write() as connection:
            METADATA.create_all(connection)
            known = SETTING.c.name == "schema"
            version = connection.execute(sa.select(SETTING.c.value).where(known)).scalar_one_or_none()
            if version is None:
                connection.execute(SETTING.insert().values(name="schema", value=SCHEMA))
            elif version > SCHEMA:
                raise InputError(f"{self.name} was written by a newer version of brushwork: update this one.")


def repeat_until_answered(action: Callable[[], _T]) -> _T:
    """Return the result of an action on the database, repeated for as long as the database does not answer."""
    is_known = False
    while True:
        try:
            return action()
        except DATABASE_LOST as error:
            if not is_known:
                logging.getLogger("brushwork.studio").warning("The database does not answer: %s", error.orig)
            is_known = True
            time.sleep(_AGAIN_AFTER)


def check_address(address: str) -> str:
    """Return the address of a PostgreSQL database, with its driver.

    Raises: InputError: it is not such an address.
    """
    try:
        url = sa.make_url(address)
    except sa.exc.ArgumentError:
        url = None
    if url is None or url.drivername not in ("postgres", "postgresql", "postgresql+psycopg") or not url.database:
        shown = address if url is None else url.render_as_string(hide_password=True)
        raise InputError(f"the database is {shown!r}: give an address as postgresql://user@host/brushwork.")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _sqlite(url: sa.URL, synchronous: str) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY})
    event.listen(engine, "connect", partial(_set_up, synchronous))
    event.listen(engine, "begin", _begin)
    return engine


def _postgres(url: sa.URL) -> sa.Engine:
    return sa.create_engine(
        url,
        isolation_level="READ COMMITTED",  # reads after the write lock is taken see all earlier commits
        pool_pre_ping=True,  # connections from before a restart of the server are replaced
        connect_args={"connect_timeout": _CONNECT},
    )


def _begin(connection: sa.Connection) -> None:
    """Take the write lock at once: a transaction that begins by reading may be refused when it tries to write."""
    if not connection.get_execution_options().get("only_reads"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up(synchronous: str, connection: Any, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's "begin" event begins transactions, not the driver
    for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
