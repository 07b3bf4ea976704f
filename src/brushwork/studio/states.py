"""States of a job, and the events that lead from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from brushwork.errors import InputError, suggest_names

State: TypeAlias = Literal["pending", "running", "paused", "completed", "failed", "canceled"]

Transition: TypeAlias = Literal["claim", "pause", "resume", "cancel", "complete", "fail", "release"]
"""Events of a job. `release`: its worker ends or is lost, and another one continues from the checkpoint."""

FINAL: frozenset[State] = frozenset({"completed", "failed", "canceled"})

TRANSITIONS: Mapping[tuple[State, Transition], State] = {
    ("pending", "claim"): "running",
    ("pending", "pause"): "paused",
    ("pending", "cancel"): "canceled",
    ("running", "claim"): "running",  # the previous worker was lost
    ("running", "pause"): "paused",
    ("running", "cancel"): "canceled",
    ("running", "complete"): "completed",
    ("running", "fail"): "failed",
    ("running", "release"): "pending",
    ("paused", "resume"): "pending",
    ("paused", "cancel"): "canceled",
}
"""State and event → next state. All others are refused; final states have no way out."""


def parse_states(written: str) -> list[str]:
    """Return the states in a list that is separated by commas.

    Raises: InputError: one of them is unknown.
    """
    states = [part.strip() for part in written.split(",")]
    for state in states:
        if state not in get_args(State):
            raise InputError(f"there is no state {state!r}. {suggest_names(state, get_args(State))}")
    return states


def next_state(state: State, event: Transition) -> State | None:
    """Return the state after an event; None: the event is refused in this state."""
    return TRANSITIONS.get((state, event))


def states_before(event: Transition) -> tuple[State, ...]:
    """Return the states in which an event is accepted."""
    return tuple(state for state, known in TRANSITIONS if known == event)
