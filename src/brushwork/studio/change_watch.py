"""Detect commits by any process since the last look, without reading the tables."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa

CHANNEL = "brushwork_studio"
"""Channel of PostgreSQL on which every commit is announced."""

_ANYWAY = 5.0
"""Seconds after which a change is assumed, in case the channel has failed or a proxy holds it back."""


class ChangeWatch(Protocol):
    """Tells whether something was committed."""

    def has_changed(self) -> bool:
        """Return whether something was committed since the last call; the first call returns True."""

    def close(self) -> None:
        """Close the connection."""


class SqliteWatch:
    """Asks SQLite for the number of its last commit, which takes microseconds."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.raw_connection()
        self._version: int | None = None

    def has_changed(self) -> bool:
        """Return whether another connection has committed since the last call; the first call returns True."""
        try:
            version = int(self._connection.cursor().execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.OperationalError:  # it is locked: something is being committed
            return True
        has_changed, self._version = version != self._version, version
        return has_changed

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class PostgresWatch:
    """Listens to what writers announce when they commit. A lost connection is opened again."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._lost = engine.dialect.loaded_dbapi.OperationalError
        self._connection: Any = None  # of psycopg
        self._changed = -inf

    def has_changed(self) -> bool:
        """Return whether something was committed since the last call; the first call returns True."""
        is_old = monotonic() - self._changed >= _ANYWAY
        try:
            if self._connection is None:
                if not is_old:
                    return False  # the server was not there a moment ago
                self._listen()
            has_changed = bool(list(self._connection.notifies(timeout=0))) or is_old
        except (self._lost, sa.exc.OperationalError):
            self.close()
            has_changed = is_old
        if has_changed:
            self._changed = monotonic()
        return has_changed

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _listen(self) -> None:
        pooled = self._engine.raw_connection()
        self._connection = pooled.driver_connection
        pooled.detach()  # it does not return to the pool
        self._connection.autocommit = True
        self._connection.execute(f"LISTEN {CHANNEL}")
