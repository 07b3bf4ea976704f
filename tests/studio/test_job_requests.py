"""Pause, resume and *Enough* in every order with what a worker does meanwhile: nothing that was asked is forgotten."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from io import BytesIO
from threading import Event

import pytest
import sqlalchemy as sa
from PIL import Image

from brushwork.images import read_image
from brushwork.studio import work
from brushwork.studio.claims import Claim, claim_job
from brushwork.studio.event_stream import EventStream
from brushwork.studio.painting import LoadedNetworks
from brushwork.studio.tables import JOB
from brushwork.studio.turns import Turns
from brushwork.studio.work import WorkOnJob
from short_timeout_worker import use_tiny
from studio_pictures import png, small_request

API = "/api/v1/jobs"


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    use_tiny(monkeypatch.setattr)
    monkeypatch.setattr(work, "_LOOK", 0.0)  # it looks after each iteration


@pytest.fixture
def job(store, folder, database):
    return store.create(small_request(folder, database, iterations=8, min_size=0))[0]["id"]


def work_on(database, folder, job, *, stop=False, turns=None):
    """One attempt of a worker."""
    with database.read() as connection:
        round = connection.execute(sa.select(JOB.c.round).where(JOB.c.id == job)).scalar_one()
    claim = claim_job(database, job, round, "w", has_newer_checkpoint=False)
    stop_event = Event()
    if stop:
        stop_event.set()
    WorkOnJob(claim, folder, LoadedNetworks(), turns or Turns(), stop_event).run()


def show(folder, job, size=(80, 64)):
    """Let a job have a preview."""
    shown = folder.preview(job)
    shown.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(BytesIO(png(3, size))) as image:
        image.save(shown)


def when(monkeypatch, name, of, act):
    """Do something once, before a method is called."""
    real, done = getattr(of, name), []

    def first(self, *given, **more):
        if not done:
            done.append(True)
            act()
        return real(self, *given, **more)

    monkeypatch.setattr(of, name, first)


@pytest.mark.parametrize("then", ["resume", "cancel"])
def test_what_is_requested_when_a_pause_is_about_to_be_written_is_done(store, folder, database, job, monkeypatch, then):
    """The worker has looked, and stops for the pause; meanwhile the client asks for something else."""
    when(monkeypatch, "_report", WorkOnJob, lambda: store.ask(job, "pause"))
    when(monkeypatch, "settle", Claim, lambda: store.ask(job, then))
    work_on(database, folder, job)
    assert store.get(job)["state"] == "pending"
    show(folder, job)
    work_on(database, folder, job)
    over = store.get(job)
    assert over["state"] == {"resume": "completed", "cancel": "canceled"}[then]
    assert over["result"]["unfinished"] == (then == "cancel")


def test_enough_when_the_last_iteration_ends_is_the_finished_picture(client, store, folder, database, job, monkeypatch):
    when(monkeypatch, "settle", Claim, lambda: store.ask(job, "cancel"))
    work_on(database, folder, job)
    done = store.get(job)
    assert (done["state"], done["wanted"], done["result"]["unfinished"]) == ("completed", None, False)
    late = client.post(f"{API}/{job}/cancel")
    assert (late.status, store.get(job)) == (409, done)


@pytest.mark.parametrize("ended", ["told to stop", "lost its database"])
def test_enough_outlives_the_worker_that_has_it(client, store, folder, database, job, monkeypatch, ended):
    show(folder, job)
    when(monkeypatch, "_read_wanted", WorkOnJob, lambda: client.post(f"{API}/{job}/cancel"))
    if ended == "lost its database":
        claim_job(database, job, 1, "w", has_newer_checkpoint=False)
        client.post(f"{API}/{job}/cancel")
        claim_job(database, job, 1, "w", has_newer_checkpoint=False).settle("release")
    else:
        work_on(database, folder, job, stop=True)
    waiting = store.get(job)
    assert (waiting["state"], waiting["wanted"]) == ("pending", "cancel")
    work_on(database, folder, job)
    kept = store.get(job)
    assert (kept["state"], kept["wanted"], kept["result"]["width"]) == ("canceled", None, 80)


def test_enough_is_not_taken_back_by_touching_another_painting(client, store, folder, database, job, monkeypatch):
    """The page pauses what is painted when another painting is touched."""

    def ask():
        for event in ("cancel", "pause", "resume"):
            assert client.post(f"{API}/{job}/{event}").json()["wanted"] == "cancel"

    when(monkeypatch, "_report", WorkOnJob, ask)
    work_on(database, folder, job)
    assert store.get(job)["state"] == "canceled"


def test_enough_twice_is_enough_once(client, store, folder, database, job):
    show(folder, job)
    first, second = (client.post(f"{API}/{job}/cancel").json() for _ in range(2))
    assert first == second
    assert first["result"]["unfinished"]


def test_before_the_first_iteration_nothing_is_prepared(store, folder, database, job, monkeypatch):
    """It waited for its turn meanwhile, behind cards."""
    monkeypatch.setattr(LoadedNetworks, "network", lambda self, options: pytest.fail("it is not needed"))
    show(folder, job)
    when(monkeypatch, "long", Turns, lambda: store.ask(job, "cancel"))
    work_on(database, folder, job)
    kept = store.get(job)
    assert (kept["state"], kept["problem"], kept["result"]["width"]) == ("canceled", None, 80)


@pytest.mark.parametrize("looks", [1, 9])
def test_a_pause_does_not_wait_for_the_end_of_an_iteration(store, folder, database, job, monkeypatch, looks):
    """It is asked at a look of the network, the first of which is part of the preparation."""
    network, count = LoadedNetworks().network(None), []

    def look(*_):
        count.append(True)
        if len(count) == looks:
            store.ask(job, "pause")

    handle = network.register_forward_pre_hook(look)
    work_on(database, folder, job)
    handle.remove()
    assert len(count) == looks
    paused = store.get(job)
    assert (paused["state"], paused["result"]) == ("paused", None)
    store.ask(job, "resume")
    work_on(database, folder, job)
    plain, other = store.get(job), store.create(small_request(folder, database, iterations=8, min_size=0))[0]["id"]
    work_on(database, folder, other)
    assert same(folder, plain, store.get(other))


def test_a_draft_ends_with_its_painting_and_is_no_picture_of_its_own(store, folder, database, job, monkeypatch):
    with database.read() as connection:
        draft = connection.execute(sa.select(JOB.c.id).where(JOB.c.parent == job)).scalar_one()
    claim_job(database, job, 1, "w", has_newer_checkpoint=False)
    when(monkeypatch, "_report", WorkOnJob, lambda: store.ask(job, "cancel"))
    work_on(database, folder, draft)
    ended = store.get(draft)
    assert (ended["state"], ended["result"]) == ("canceled", None)
    assert ended["total"] > 0 and ended["done"] < ended["total"]


@pytest.mark.parametrize("state", ["paused", "running"])
def test_enough_of_a_painting_that_has_shown_nothing_is_what_it_has_reached(
    client, store, folder, database, job, monkeypatch, state
):
    """A continued painting has no draft, and no preview in its first iterations."""
    monkeypatch.setattr(WorkOnJob, "_preview", lambda self, progress: store.ask(job, "pause") and {})
    work_on(database, folder, job)
    paused = store.get(job)
    assert (paused["state"], paused["preview"]) == ("paused", 0)
    reached = read_image(next(folder.work(job).glob("1/result.png"))).image
    if state == "running":
        store.ask(job, "resume")
        claim_job(database, job, 2, "another", has_newer_checkpoint=False)
    kept = client.post(f"{API}/{job}/cancel").json()
    if state == "running":  # its worker is lost
        work_on(database, folder, job)
        kept = store.get(job)
    assert (kept["state"], kept["result"]["unfinished"]) == ("canceled", True)
    assert (read_image(folder.stored(kept["result"]["sha256"])).image == reached).all()


def test_a_job_that_fails_in_a_way_nobody_thought_of_does_not_run_forever(store, folder, database, job, monkeypatch):
    def fail(*given):
        raise AttributeError(f"{folder.path} has no such thing")

    monkeypatch.setattr(WorkOnJob, "_store", fail)
    work_on(database, folder, job)
    failed = store.get(job)
    assert (failed["state"], failed["problem"]["type"]) == ("failed", "/problems/unexpected")
    assert str(folder.path) not in failed["problem"]["detail"]


def test_a_request_for_events_that_was_not_answered_is_repeated(store, database, job, monkeypatch):
    """The watch tells of a change once; if the database is locked just then, the event must not wait for the next."""
    looks = []
    event_range = store.event_range

    def locked():
        looks.append(True)
        if len(looks) == 2:
            raise sa.exc.OperationalError("SELECT", {}, Exception("database is locked"))
        return event_range()

    async def read():
        events = EventStream(database, store)
        watching = asyncio.create_task(events.watch())
        stream = events.stream(0)
        found = [await anext(stream)]
        monkeypatch.setattr(store, "event_range", locked)
        while len(found) < event_range()[1]:
            found.append(await anext(stream))
        looks[:] = [True]  # the next one fails
        store.ask(job, "cancel")
        async with asyncio.timeout(60):
            found.append(await anext(stream))
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        return found

    assert '"state": "canceled"' in asyncio.run(read())[-1]


def test_a_stream_that_was_cut_goes_on_where_it_was(client, monkeypatch):
    """The browser sends the number of its last event, beside the address with the one that it began with."""
    asked = []

    async def stream(self, after):
        asked.append(after)
        yield ""

    monkeypatch.setattr(EventStream, "stream", stream)
    for headers in ({}, {"last-event-id": "7"}):
        client.get("/api/v1/events?after=3", headers=headers)
    assert asked == [3, 7]


def same(folder, *jobs):
    """Whether the results of two jobs show the same, to the last bit; their files say how each was painted."""
    one, other = (read_image(folder.stored(job["result"]["sha256"])).image for job in jobs)
    return bool((one == other).all())
