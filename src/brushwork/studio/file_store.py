"""Files as the database knows them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from brushwork.studio.database import Database
from brushwork.studio.job_store import add_event
from brushwork.studio.tables import FILE, PAINTING, now


def register_file(
    database: Database, sha256: str, *, count: int, kind: str, width: int, height: int, name: str
) -> bool:
    """Record a stored file; return whether it is new."""
    with database.write() as connection:
        if connection.execute(sa.select(FILE.c.sha256).where(FILE.c.sha256 == sha256)).one_or_none():
            return False
        connection.execute(
            FILE.insert().values(
                sha256=sha256, bytes=count, kind=kind, width=width, height=height, name=name, created=now()
            )
        )
    return True


def find_file(database: Database, sha256: str) -> dict[str, Any] | None:
    """Return what is known of a stored file; None: there is none."""
    with database.read() as connection:
        row = connection.execute(sa.select(FILE).where(FILE.c.sha256 == sha256)).one_or_none()
    return None if row is None else dict(row._mapping)


def stored_bytes(database: Database) -> int:
    """Return the bytes of all stored files."""
    with database.read() as connection:
        count: int = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(FILE.c.bytes), 0))).scalar_one()
    return count


def register_painting(
    database: Database, identity: str, *, name: str, sha256: str | None, model: str | None, used: int | None = None
) -> None:
    """Record a painting to choose from, and tell all clients; one that is known gets to the front.

    `used`: place of a painting that comes with the studio, in the order of the list; one that is known stays as it is.
    """
    known = PAINTING.c.id == identity
    with database.write() as connection:
        if connection.execute(sa.select(PAINTING.c.id).where(known)).one_or_none():
            if used is None:
                connection.execute(PAINTING.update().where(known).values(used=now(), hidden=False))
            return
        values = {"id": identity, "name": name, "sha256": sha256, "model": model}
        connection.execute(PAINTING.insert().values(used=now() if used is None else used, hidden=False, **values))
        add_event(connection, "painting", values)


def list_paintings(database: Database, limit: int = 60) -> list[dict[str, Any]]:
    """Return the paintings to choose from, those used last first."""
    query = sa.select(PAINTING).where(~PAINTING.c.hidden).order_by(PAINTING.c.used.desc()).limit(limit)
    with database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


def hide_painting(database: Database, identity: str) -> None:
    """Take a painting off the list; pictures painted from it stay."""
    with database.write() as connection:
        connection.execute(PAINTING.update().where(PAINTING.c.id == identity).values(hidden=True))
        add_event(connection, "painting", {"id": identity, "hidden": True})
