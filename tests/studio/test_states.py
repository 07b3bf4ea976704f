from __future__ import annotations

from typing import get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from brushwork.studio.claims import MOST_DEATHS, ClaimLostError, claim_job
from brushwork.studio.job_rows import RefusedChangeError, UnknownJobError
from brushwork.studio.states import FINAL, State, Transition, next_state
from brushwork.studio.tables import EVENT, JOB
from studio_pictures import small_request


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request):
    return request.param


@given(st.lists(st.sampled_from(get_args(Transition)), max_size=20))
def test_a_final_state_is_never_left(events):
    state: State = "pending"
    for event in events:
        following = next_state(state, event)
        assert following is None or state not in FINAL
        state = following or state
    assert state in get_args(State)


def claim(database, job, round=1, worker="w", newer=False):
    return claim_job(database, job, round, worker, has_newer_checkpoint=newer)


@pytest.fixture
def job(store, folder, database):
    return store.create(small_request(folder, database, init="gray"))[0]["id"]


def test_a_worker_that_was_overtaken_changes_nothing(store, database, job):
    slow, fast = claim(database, job), claim(database, job, worker="v")
    before = store.get(job)
    for write in (
        lambda: slow.report({"done": 3}, at_once=True),
        lambda: slow.settle("complete"),
        lambda: slow.read_wanted(),
    ):
        with pytest.raises(ClaimLostError):
            write()
    assert store.get(job) == before
    fast.settle("complete")
    assert store.get(job)["state"] == "completed"


def test_a_job_is_completed_once(store, database, job):
    held = claim(database, job)
    held.settle("complete")
    with pytest.raises(ClaimLostError):
        held.settle("complete")
    assert claim(database, job) is None
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(EVENT.insert().values(job=job, version=9, kind="completed", time=0))


@pytest.mark.parametrize(("newer", "deaths"), [(False, MOST_DEATHS), (True, 0)])
def test_deaths_count_only_without_progress(database, job, newer, deaths):
    for _ in range(MOST_DEATHS + 1):
        held = claim(database, job, newer=newer)
    assert held.deaths == deaths


def test_what_waits_is_paused_and_resumed_at_once(store, job):
    assert store.ask(job, "pause")["state"] == "paused"
    assert store.ask(job, "pause")["state"] == "paused"  # idempotent
    assert store.ask(job, "resume")["state"] == "pending"


def test_what_runs_is_requested(store, database, job):
    held = claim(database, job)
    assert store.ask(job, "cancel")["state"] == "running"
    assert held.read_wanted() == "cancel"
    held.settle("cancel")
    with pytest.raises(RefusedChangeError, match="canceled"):
        store.ask(job, "pause")


def test_a_round_that_is_over_is_not_claimed(store, database, job):
    claim(database, job).settle("release")
    assert claim(database, job, round=1) is None
    assert claim(database, job, round=2) is not None


def test_the_same_key_is_the_same_painting(store, folder, database):
    request = small_request(folder, database)
    first, is_new = store.create(request, key="k")
    again, is_new_again = store.create(request, key="k")
    assert (is_new, is_new_again) == (True, False)
    assert first["id"] == again["id"]
    with pytest.raises(RefusedChangeError):
        store.create(small_request(folder, database, iterations=5), key="k")


def test_a_transfer_has_a_draft(store, folder, database):
    job = store.create(small_request(folder, database))[0]
    with database.read() as connection:
        draft = connection.execute(sa.select(JOB).where(JOB.c.parent == job["id"])).one()
    assert (draft.kind, draft.lane, draft.request["options"]["size"]) == ("draft", "quick", 64)
    assert [one["id"] for one in store.list_jobs()[0]] == [job["id"]]


def test_jobs_are_listed_in_pages(store, folder, database):
    request = small_request(folder, database)
    ids = [store.create(request)[0]["id"] for _ in range(5)]
    first, cursor = store.list_jobs(limit=3)
    rest, end = store.list_jobs(limit=3, before=cursor)
    assert [one["id"] for one in (*first, *rest)] == ids[::-1]
    assert end is None


def test_an_unknown_job_is_said_to_be_unknown(store):
    with pytest.raises(UnknownJobError):
        store.get("01a0")


ASKED, REACHED = ("pause", "resume", "cancel"), {"pause": "paused", "cancel": "canceled", "resume": "pending"}
DEEDS = "claim", "look", "obey", "complete", "fail", "release"
"""What a worker does. It reads what is requested of its job, and later obeys what it has seen."""


class JobModel:
    """A job in two variables, and what its worker has seen last."""

    state, wanted, seen = "pending", None, None

    def ask(self, event):
        """Return whether a client may ask for this now, which is then so."""
        following = next_state(self.state, event)
        if self.state == "running":
            if self.wanted != "cancel":
                self.wanted = None if event == "resume" else event
        elif self.wanted == "cancel" and event == "pause":
            pass
        elif following:
            self.state, self.wanted = following, self.wanted if following == "pending" else None
        else:
            return self.state == REACHED[event]
        return True

    def end(self, event):
        """The worker ends its hold by this event."""
        if event == "release" and self.wanted == "pause":
            event = "pause"
        elif event == "pause" and self.wanted != "pause":
            event = "release"
        self.state = next_state("running", event)
        self.wanted = "cancel" if self.wanted == "cancel" and self.state in ("pending", "paused") else None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from((*ASKED, *DEEDS)), max_size=12))
@example(["claim", "pause", "look", "cancel", "obey"])
@example(["claim", "pause", "look", "resume", "obey"])
@example(["claim", "cancel", "pause", "look", "obey"])
@example(["claim", "cancel", "release", "resume", "claim", "look", "obey"])
@example(["claim", "cancel", "complete", "cancel"])
def test_any_sequence_keeps_the_model(store, folder, database, steps):
    """The database against a model of two variables, over random requests of clients and deeds of workers."""
    job = store.create(small_request(folder, database))[0]["id"]
    model, held = JobModel(), None
    for step in steps:
        if step in ASKED:
            before = store.get(job)["version"]
            if model.ask(step):
                store.ask(job, step)
                after = store.ask(job, step)["version"]  # idempotent
                assert after - before <= 1
            else:
                with pytest.raises(RefusedChangeError):
                    store.ask(job, step)
        elif step == "claim":
            if next_state(model.state, "claim"):
                held = claim(database, job, round=_round(database, job))
                model.state, model.seen = "running", held.wanted
            else:
                assert claim(database, job, round=_round(database, job)) is None
        elif held is not None and model.state == "running":
            if step == "look":
                model.seen = held.read_wanted()
                assert model.seen == model.wanted
            elif (event := model.seen if step == "obey" else step) is not None:
                held.settle(event)
                model.end(event)
        elif held is not None:
            with pytest.raises(ClaimLostError):
                held.read_wanted() if step == "look" else held.settle("complete" if step == "obey" else step)
        found = store.get(job)
        assert (found["state"], found["wanted"]) == (model.state, model.wanted)


def _round(database, job):
    with database.read() as connection:
        return connection.execute(sa.select(JOB.c.round).where(JOB.c.id == job)).scalar_one()
