"""Stored files and their records in the database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from brushwork.errors import InputError, suggest_names
from brushwork.images.geometry import Size
from brushwork.storage.atomic import sync_file
from brushwork.studio.database import Database
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_rows import add_event
from brushwork.studio.tables import FILE, PAINTING, now


def keep_file(
    database: Database,
    folder: StudioFolder,
    file: Path,
    sha256: str,
    *,
    kind: str,
    width: int,
    height: int,
    name: str = "",
) -> bool:
    """Move a complete file into the store, durably, and record it; return whether it is new.

    Both happen inside one write transaction: a file in the store without a record was left by a process that ended in
    between, and no other process is about to record it.
    """
    sync_file(file)
    with database.write() as connection:
        count = file.stat().st_size
        folder.store(file, sha256)
        if connection.execute(sa.select(FILE.c.sha256).where(FILE.c.sha256 == sha256)).one_or_none():
            return False
        connection.execute(
            FILE.insert().values(
                sha256=sha256, bytes=count, kind=kind, width=width, height=height, name=name, created=now()
            )
        )
    return True


def keep_result(
    database: Database, folder: StudioFolder, file: Path, sha256: str, *, kind: str, size: Size, is_finished: bool
) -> dict[str, Any]:
    """Move a picture or a film into the store, as `keep_file` does; return it as the result that clients see."""
    count = file.stat().st_size
    keep_file(database, folder, file, sha256, kind=kind, width=size.width, height=size.height)
    return {"sha256": sha256, "width": size.width, "height": size.height, "bytes": count, "unfinished": not is_finished}


def find_file(database: Database, sha256: str) -> dict[str, Any] | None:
    """Return the record of a stored file; None: there is none."""
    with database.read() as connection:
        row = connection.execute(sa.select(FILE).where(FILE.c.sha256 == sha256)).one_or_none()
    return None if row is None else dict(row._mapping)


def stored_bytes(connection: sa.Connection) -> int:
    """Return the bytes of all stored files."""
    count: int = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(FILE.c.bytes), 0))).scalar_one()
    return count


def register_painting(
    database: Database, identity: str, *, name: str, sha256: str | None, model: str | None, used: int | None = None
) -> None:
    """Record a painting to choose from, and tell all clients; a known one moves to the front.

    `used`: place of a painting that comes with the studio, in the order of the list; a known one stays as it is.
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
    """Return the paintings to choose from, last used first; `style`: the style of a model that has several."""
    query = sa.select(PAINTING).where(~PAINTING.c.hidden).order_by(PAINTING.c.used.desc()).limit(limit)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return [{**row._mapping, "style": model_and_style(row.id)[1]} for row in rows]


def model_and_style(identity: str) -> tuple[str | None, str | None]:
    """Return the model and the style that the id of a painting names: `model:NAME` or `model:NAME:STYLE`."""
    kind, _, rest = identity.partition(":")
    model, _, style = rest.partition(":")
    return (model, style or None) if kind == "model" else (None, None)


def require_model(database: Database, name: str) -> None:
    """Check that a model is one of those found; until the first one is found, any is accepted.

    Raises: InputError: it is not one of them.
    """
    with database.read() as connection:
        query = sa.select(PAINTING.c.model).where(PAINTING.c.model.is_not(None)).distinct()
        known = connection.execute(query).scalars().all()
    if known and name not in known:
        raise InputError(f"there is no model {name!r}. {suggest_names(name, sorted(known))}")


def forget_models(database: Database, known: Sequence[str]) -> None:
    """Take the styles of models that no longer exist off the list; `known` are the ids of the others."""
    gone = PAINTING.c.model.is_not(None) & PAINTING.c.id.not_in(known)
    with database.write() as connection:
        for identity in connection.execute(sa.select(PAINTING.c.id).where(gone)).scalars().all():
            connection.execute(PAINTING.delete().where(PAINTING.c.id == identity))
            add_event(connection, "painting", {"id": identity, "hidden": True})


def hide_painting(database: Database, identity: str) -> None:
    """Take a painting off the list; pictures painted from it stay."""
    with database.write() as connection:
        connection.execute(PAINTING.update().where(PAINTING.c.id == identity).values(hidden=True))
        add_event(connection, "painting", {"id": identity, "hidden": True})
