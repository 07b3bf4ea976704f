"""Jobs as the server and the command line see them: create, list and change them, and read their events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import sqlalchemy as sa

from brushwork.studio.database import Database
from brushwork.studio.job_control import ask_of_job, cancel_waiting
from brushwork.studio.job_request import HELPERS, PaintingRequest, draft_of
from brushwork.studio.job_rows import (
    RefusedChangeError,
    UnknownJobError,
    add_event,
    change_known_job,
    job_to_json,
    new_id,
    require_job,
)
from brushwork.studio.problems import ProblemError
from brushwork.studio.states import Transition, parse_states
from brushwork.studio.tables import EVENT, IDEMPOTENCY, JOB, SETTING, now

PAUSED = "queue paused"
"""Name of the setting that stops the long paintings."""

_DAY = 24 * 3600 * 1000
_URGENT_PRIORITY, _DRAFT_PRIORITY, _CARD_PRIORITY = 6, 5, -5


RequireRoom: TypeAlias = Callable[[sa.Connection], None]
"""Raises if there is no room for a new painting: see `Room`."""


class JobStore:
    """Creates, lists and changes jobs."""

    def __init__(self, database: Database, require_room: RequireRoom = lambda connection: None) -> None:
        self.database, self._require_room = database, require_room

    def create(
        self,
        request: PaintingRequest,
        *,
        title: str = "",
        priority: int = 0,
        parent: str | None = None,
        via: str | None = None,
        key: str | None = None,
    ) -> tuple[dict[str, Any], bool]:
        """Return the new job, and True; with a `key` that was used before, the earlier job, and False.

        Raises: RefusedChangeError: the key was used for another request.
        """
        with self.database.write() as connection:
            if key and (before := _job_of_key(connection, key, request)):
                return before, False
            values = {"title": title, "priority": priority, "parent": parent, "via": via}
            job = self._insert_with_draft(connection, request, **values)
            if key:
                connection.execute(
                    IDEMPOTENCY.insert().values(key=key, request_hash=request.sha256, job=job["id"], until=now() + _DAY)
                )
        return job, True

    def repeat(self, job: str) -> dict[str, Any]:
        """Return a new job with the request and the title of an existing one.

        Raises: UnknownJobError.
        """
        before = self.get(job)
        request = PaintingRequest.from_json(before["request"])
        return self.create(request, title=before["title"], parent=job, via="again")[0]

    def create_batch(self, asked: Sequence[tuple[PaintingRequest, str]]) -> tuple[str, list[dict[str, Any]]]:
        """Return the id of a new batch and its jobs, from requests and their titles: all of them, or none."""
        batch = new_id()
        with self.database.write() as connection:
            jobs = [self._insert_with_draft(connection, one, title=title, batch=batch) for one, title in asked]
        return batch, jobs

    def create_cards(self, requests: Sequence[PaintingRequest], *, urgent: bool = False) -> list[dict[str, Any] | None]:
        """Return a card or a sample for each request: those painted or requested before, and new ones.

        None: there is no room for a new one. Waiting ones of other photographs are canceled. Those by a network, which
        take a third of the time, are painted first. `urgent`: all go before drafts.

        Raises: ProblemError: there is no room, and none exists already; with `urgent`, not all exist.
        """
        priority = _URGENT_PRIORITY if urgent else _CARD_PRIORITY
        with self.database.write() as connection:
            waiting = JOB.c.kind.in_({one.kind for one in requests}), JOB.c.state == "pending"
            for row in connection.execute(sa.select(JOB).where(*waiting)).all():
                if all(row.request["content"] != one.content for one in requests):
                    cancel_waiting(connection, row.id)
            refusal = self._refusal(connection)
            cards = [
                _card_of(connection, one, priority + (one.model is not None), may_add=refusal is None)
                for one in requests
            ]
            if refusal is not None and None in cards and (urgent or not any(cards)):
                raise refusal
        return cards

    def get(self, job: str) -> dict[str, Any]:
        """Return a job.

        Raises: UnknownJobError.
        """
        with self.database.read() as connection:
            return job_to_json(require_job(connection, job))

    def list_jobs(
        self, *, state: str | None = None, before: int | None = None, limit: int = 60, trashed: bool = False
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Return the newest jobs, and the cursor of the next page (None: no next page).

        `state`: names separated by commas. Raises: InputError: one is unknown.
        """
        query = sa.select(JOB).where(JOB.c.kind.not_in(HELPERS), JOB.c.trashed.is_not(None) == trashed)
        if state:
            query = query.where(JOB.c.state.in_(parse_states(state)))
        if before is not None:
            query = query.where(JOB.c.number < before)
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(JOB.c.number.desc()).limit(limit + 1)).all()
        return [job_to_json(row) for row in rows[:limit]], rows[limit - 1].number if len(rows) > limit else None

    def ask(self, job: str, event: Transition) -> dict[str, Any]:
        """Pause, resume or cancel a job; a running job is asked to, and does so after its iteration. Idempotent.

        A requested cancel is not taken back by later requests.

        Raises: UnknownJobError; RefusedChangeError: the state does not allow it.
        """
        with self.database.write() as connection:
            return ask_of_job(connection, require_job(connection, job), event)

    def resume_all(self, problem: str) -> None:
        """Resume the jobs that are paused because of a problem of this type."""
        query = sa.select(JOB.c.id, JOB.c.problem).where(JOB.c.state == "paused")
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            if row.problem is not None and row.problem["type"] == problem:
                with suppress(RefusedChangeError, UnknownJobError):  # it was canceled in the meantime
                    self.ask(row.id, "resume")

    def change(self, job: str, *, version: int | None = None, **values: Any) -> dict[str, Any]:
        """Change the note-like columns of a job; `version`: the one that the client has seen, None: any.

        Raises: UnknownJobError; ProblemError: it was changed meanwhile.
        """
        with self.database.write() as connection:
            row = require_job(connection, job)
            if version is not None and version != row.version:
                raise ProblemError(412, "version", "The painting was changed meanwhile: read it again.")
            return change_known_job(connection, job, **values)

    def events_after(self, seq: int, limit: int = 200) -> list[dict[str, Any]]:
        """Return the events after a number, in order."""
        query = sa.select(EVENT).where(EVENT.c.seq > seq).order_by(EVENT.c.seq).limit(limit)
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def event_range(self) -> tuple[int, int]:
        """Return the numbers of the oldest and the newest event; 0, 0: there is none."""
        query = sa.select(sa.func.coalesce(sa.func.min(EVENT.c.seq), 0), sa.func.coalesce(sa.func.max(EVENT.c.seq), 0))
        with self.database.read() as connection:
            oldest, newest = connection.execute(query).one()
        return oldest, newest

    def curve(self, job: str) -> list[tuple[int, float]]:
        """Return the loss of a job over its iterations."""
        query = sa.select(EVENT.c.data).where(EVENT.c.job == job, EVENT.c.kind == "progress").order_by(EVENT.c.seq)
        with self.database.read() as connection:
            data = connection.execute(query).scalars().all()
        return [(one["done"], one["loss"]) for one in data if one.get("loss") is not None]

    def counts(self) -> dict[str, int]:
        """Return the number of paintings in each state."""
        query = sa.select(JOB.c.state, sa.func.count()).where(JOB.c.kind.not_in(HELPERS)).group_by(JOB.c.state)
        with self.database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def setting(self, name: str) -> Any:
        """Return a setting; None: it was never set."""
        with self.database.read() as connection:
            return connection.execute(sa.select(SETTING.c.value).where(SETTING.c.name == name)).scalar_one_or_none()

    def set_setting(self, name: str, value: Any) -> None:
        """Store a setting, and tell all clients."""
        with self.database.write() as connection:
            connection.execute(SETTING.delete().where(SETTING.c.name == name))
            connection.execute(SETTING.insert().values(name=name, value=value))
            add_event(connection, "setting", data={"name": name, "value": value})

    def _insert_with_draft(self, connection: sa.Connection, request: PaintingRequest, **values: Any) -> dict[str, Any]:
        self._require_room(connection)
        job = _insert(connection, request, **values)
        if (draft := draft_of(request)) is not None:
            _insert(connection, draft, parent=job["id"], via="draft", priority=_DRAFT_PRIORITY)
        return job

    def _refusal(self, connection: sa.Connection) -> ProblemError | None:
        """Return why there is no room for a new painting; None: there is room."""
        try:
            self._require_room(connection)
        except ProblemError as error:
            return error
        return None


def _card_of(
    connection: sa.Connection, request: PaintingRequest, priority: int, *, may_add: bool
) -> dict[str, Any] | None:
    """Return the existing card of a request, or a new one; None: there is none, and none may be added."""
    usable = JOB.c.state.in_(("pending", "running", "completed"))
    before = connection.execute(
        sa.select(JOB).where(JOB.c.request_hash == request.sha256, JOB.c.kind == request.kind, usable).limit(1)
    ).one_or_none()
    if before is None:
        return _insert(connection, request, priority=priority) if may_add else None
    if before.state == "pending" and before.priority < priority:
        return change_known_job(connection, before.id, priority=priority)
    return job_to_json(before)


def _job_of_key(connection: sa.Connection, key: str, request: PaintingRequest) -> dict[str, Any] | None:
    connection.execute(IDEMPOTENCY.delete().where(IDEMPOTENCY.c.until < now()))
    before = connection.execute(sa.select(IDEMPOTENCY).where(IDEMPOTENCY.c.key == key)).one_or_none()
    if before is None:
        return None
    if before.request_hash != request.sha256:
        raise RefusedChangeError("this Idempotency-Key was used for another painting: send a new one.")
    return job_to_json(require_job(connection, before.job))


def _insert(connection: sa.Connection, request: PaintingRequest, **values: Any) -> dict[str, Any]:
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(JOB.c.place), 0.0))).scalar_one()
    row = connection.execute(
        JOB.insert()
        .values(
            id=new_id(),
            kind=request.kind,
            lane=request.lane,
            request=request.to_json(),
            request_hash=request.sha256,
            state="pending",
            place=last + 1,
            created=now(),
            **values,
        )
        .returning(JOB)
    ).one()
    job = job_to_json(row)
    add_event(connection, "job", job, job["id"], job["version"])
    return job
