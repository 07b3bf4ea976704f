"""A worker's hold on a job. Every statement names the attempt, so a worker that was thought dead changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from brushwork.errors import BrushworkError
from brushwork.studio.database import Database
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_rows import change_job
from brushwork.studio.states import Transition, next_state, states_before
from brushwork.studio.tables import EVENT, JOB, now

MOST_DEATHS = 3
"""Workers that may be lost in a row, without a newer checkpoint, before the job counts as failed."""

FIRST_OWN_PREVIEW = 100
"""Number of the first preview that a painting makes itself; previews of its draft have lower numbers."""

_CURVE = 200
"""Number of points kept of a finished job's progress."""

_BETWEEN_EVENTS = 0.5
"""Seconds between two progress events of a job."""


Wanted: TypeAlias = Literal["pause", "cancel"]
"""Requests to a running job."""


class ClaimLostError(BrushworkError):
    """Another worker has the job now: this one writes nothing more."""


@dataclass
class Claim:
    """A job that this worker runs."""

    database: Database
    job: str
    attempt: int
    request: PaintingRequest
    deaths: int
    parent: str | None
    wanted: Wanted | None
    began: float = field(default_factory=monotonic)
    spent_before: float = 0.0
    _told: float = 0.0

    @property
    def spent(self) -> float:
        """Seconds of work on the job, including earlier attempts."""
        return self.spent_before + monotonic() - self.began

    def read_wanted(self) -> Wanted | None:
        """Return the request to the running job: pause, cancel, or none.

        Raises: ClaimLostError.
        """
        with self.database.read() as connection:
            return self._find_wanted(connection)

    def report(self, values: Mapping[str, Any], *, at_once: bool = False) -> None:
        """Record progress, at most twice a second unless `at_once`.

        Raises: ClaimLostError.
        """
        if at_once or monotonic() - self._told >= _BETWEEN_EVENTS:
            self._told = monotonic()
            values = {**values, "spent": self.spent}
            with self.database.write(is_synced=False) as connection:  # the work is in the checkpoint
                if change_job(connection, values, *self._match_held(), kind="progress") is None:
                    raise self._lost()

    def settle(self, event: Transition, **values: Any) -> None:
        """End the hold on the job: complete, fail, cancel, pause, or release it for the next worker.

        Requests since this worker last looked are not forgotten: a job that is resumed when it is about to be paused
        is released, and so is one that is canceled, which the next worker cancels.

        Raises: ClaimLostError.
        """
        with self.database.write() as connection:
            wanted = self._find_wanted(connection)
            event = _event_after(event, wanted, has_problem=values.get("problem") is not None)
            state = next_state("running", event)
            is_open = state in ("pending", "paused")
            ended = {} if is_open else {"finished": now()}
            anew = {"round": JOB.c.round + 1} if state == "pending" else {}
            left = wanted if is_open and wanted == "cancel" else None
            values = {"state": state, "wanted": left, "worker": None, "spent": self.spent, **ended, **anew, **values}
            change_job(connection, values, *self._match_held(), kind="completed" if event == "complete" else "job")
            _thin(connection, self.job)

    def give_to_parent(self, picture: Path, preview: Path, number: int) -> None:
        """Make a picture the parent's preview, unless the parent has one of its own."""
        has_none = JOB.c.preview < FIRST_OWN_PREVIEW
        waits = JOB.c.id == self.parent, has_none, JOB.c.state.in_(("pending", "running", "paused"))
        with self.database.write() as connection:
            if change_job(connection, {"preview": number}, *waits) is not None:
                preview.parent.mkdir(parents=True, exist_ok=True)
                picture.replace(preview)

    def _match_held(self) -> tuple[sa.ColumnElement[bool], ...]:
        return JOB.c.id == self.job, JOB.c.attempt == self.attempt, JOB.c.state == "running"

    def _find_wanted(self, connection: sa.Connection) -> Wanted | None:
        found = connection.execute(sa.select(JOB.c.wanted).where(*self._match_held())).one_or_none()
        if found is None:
            raise self._lost()
        wanted: Wanted | None = found.wanted
        return wanted

    def _lost(self) -> ClaimLostError:
        return ClaimLostError(f"{self.job}: another worker has it")


def claim_job(database: Database, job: str, round: int, worker: str, *, has_newer_checkpoint: bool) -> Claim | None:
    """Return the claim on a job; None: it must not run (canceled, paused, done, or queued again since).

    A job that is already running belongs to a lost worker. `has_newer_checkpoint`: that worker got further than the
    one before it.
    """
    with database.write(is_synced=False) as connection:  # if the claim is lost, this worker is gone, and the job waits
        ready = JOB.c.id == job, JOB.c.round == round, JOB.c.state.in_(states_before("claim"))
        row = connection.execute(sa.select(JOB).where(*ready)).one_or_none()
        if row is None:
            return None
        was_lost = row.state == "running"
        deaths = 0 if has_newer_checkpoint else row.deaths + was_lost
        claimed = change_job(
            connection,
            {
                "state": "running",
                "handed": round,
                "attempt": row.attempt + 1,
                "deaths": deaths,
                "worker": worker,
                "started": row.started or now(),
            },
            *ready,
        )
        assert claimed is not None
    request = PaintingRequest.from_json(row.request)
    return Claim(database, job, row.attempt + 1, request, deaths, row.parent, row.wanted, spent_before=row.spent)


def _event_after(event: Transition, wanted: Wanted | None, *, has_problem: bool) -> Transition:
    """Return how a hold ends, given what is wanted of the job now."""
    if event == "release" and wanted == "pause":
        return "pause"
    if event == "pause" and wanted != "pause" and not has_problem:
        return "release"
    return event


def _thin(connection: sa.Connection, job: str) -> None:
    """Keep only some of the progress events of a job that is no longer running."""
    progress = EVENT.c.job == job, EVENT.c.kind == "progress"
    numbers = connection.execute(sa.select(EVENT.c.seq).where(*progress).order_by(EVENT.c.seq)).scalars().all()
    step = len(numbers) // _CURVE + 1
    dropped = [seq for place, seq in enumerate(numbers) if place % step]
    if dropped:
        connection.execute(EVENT.delete().where(EVENT.c.seq.in_(dropped)))
