from __future__ import annotations

from typing import get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brushwork.studio.claims import MOST_DEATHS, ClaimLostError, claim_job
from brushwork.studio.job_store import RefusedChangeError, UnknownJobError
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


def test_what_runs_is_asked(store, database, job):
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


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_sequence_keeps_the_model(store, folder, database, data):
    """The database against a model of one variable, over random requests of clients and deeds of workers."""
    job = store.create(small_request(folder, database))[0]["id"]
    model, held = "pending", None
    for event in data.draw(st.lists(st.sampled_from(get_args(Transition)), max_size=8)):
        if event == "claim":
            held = claim(database, job, round=_round(database, job)) or held
            model = next_state(model, event) or model
        elif event in ("pause", "resume", "cancel") and model != "running":
            following = next_state(model, event)
            if following or model == {"pause": "paused", "cancel": "canceled", "resume": "pending"}[event]:
                store.ask(job, event)
                model = following or model
            else:
                with pytest.raises(RefusedChangeError):
                    store.ask(job, event)
        elif event != "resume" and held is not None:
            if model == "running":
                held.settle(event)
                model = next_state(model, event) or model
            else:
                with pytest.raises(ClaimLostError):
                    held.settle(event)
        assert store.get(job)["state"] == model


def _round(database, job):
    with database.read() as connection:
        return connection.execute(sa.select(JOB.c.round).where(JOB.c.id == job)).scalar_one()
