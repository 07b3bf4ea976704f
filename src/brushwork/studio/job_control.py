"""Requests to a job in any state: pause, continue or cancel it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from brushwork.studio.job_rows import RefusedChangeError, change_known_job, job_to_json
from brushwork.studio.states import FINAL, Transition, next_state, states_before
from brushwork.studio.tables import JOB, now


def ask_of_job(connection: sa.Connection, row: sa.Row[Any], event: Transition) -> dict[str, Any]:
    """Pause, resume or cancel a job, and return it; a running job is asked to do so.

    Raises: RefusedChangeError: the state does not allow it.
    """
    if _is_so_already(row, event):
        return job_to_json(row)
    if event == "resume" and row.state == "running":
        return change_known_job(connection, row.id, wanted=None)
    state = next_state(row.state, event)
    if state is None:
        raise RefusedChangeError(
            f"the painting is {row.state}: {event} is possible while it is {' or '.join(states_before(event))}."
        )
    if event == "cancel":
        _cancel_drafts(connection, row.id)
    if row.state == "running":
        return change_known_job(connection, row.id, wanted=event)
    times = {"finished": now()} if state in FINAL else {"problem": None}
    anew = {"round": row.round + 1, "wanted": row.wanted} if state == "pending" else {"wanted": None}
    return change_known_job(connection, row.id, state=state, **times, **anew)


def cancel_waiting(connection: sa.Connection, job: str) -> None:
    """Cancel a waiting job."""
    change_known_job(connection, job, state="canceled", wanted=None, finished=now())


def _is_so_already(row: sa.Row[Any], event: Transition) -> bool:
    """Return whether a job is, or is about to be, in the state that an event requests. A cancel is not taken back."""
    if row.wanted == "cancel":
        return event == "pause" or row.state == "running" or (event, row.state) == ("resume", "pending")
    if row.state == "running":
        return bool(row.wanted == (None if event == "resume" else event))
    return bool(row.state == {"pause": "paused", "cancel": "canceled", "resume": "pending"}.get(event))


def _cancel_drafts(connection: sa.Connection, job: str) -> None:
    drafts = JOB.c.parent == job, JOB.c.kind == "draft", JOB.c.state.in_(("pending", "running"))
    for row in connection.execute(sa.select(JOB.c.id, JOB.c.state).where(*drafts)).all():
        if row.state == "pending":
            cancel_waiting(connection, row.id)
        else:
            change_known_job(connection, row.id, wanted="cancel")
