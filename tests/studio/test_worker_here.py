"""A worker inside this process, with stand-ins for the networks: what it does with the queue."""

from __future__ import annotations

import errno
import time
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from brushwork.errors import InputError
from brushwork.studio import work
from brushwork.studio import worker as module
from brushwork.studio.claims import Claim, claim_job
from brushwork.studio.database import DATABASE_LOST
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_problems import DISK_FULL
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import PAUSED
from brushwork.studio.worker import Worker
from studio_pictures import png, put

pytestmark = pytest.mark.slow
TIMEOUT = 60


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request):
    return request.param


@pytest.fixture
def running(folder, database, monkeypatch):
    monkeypatch.setattr(module.LoadedNetworks, "load", lambda self: None)
    worker = Worker(folder, database, "here", checkpoint_every=0.1)
    thread = Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop()
    thread.join(TIMEOUT)
    assert not thread.is_alive()


def wait_for(store, job, state):
    end = time.monotonic() + TIMEOUT
    while (found := store.get(job))["state"] != state:
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def mixture(folder, database, strength):
    content, painted = put(folder, database, png(1)), put(folder, database, png(2))
    return PaintingRequest(kind="blend", content=content, start=painted, options={"strength": strength})


def test_jobs_are_run_in_their_order_and_wait_while_the_queue_is_paused(running, store, folder, database):
    store.set_setting(PAUSED, True)
    jobs = [store.create(mixture(folder, database, k / 4), priority=k)[0]["id"] for k in range(4)]
    time.sleep(0.5)
    assert {store.get(job)["state"] for job in jobs} == {"pending"}
    store.set_setting(PAUSED, False)
    finished = [wait_for(store, job, "completed") for job in jobs]
    assert [one["worker"] for one in finished] == [None] * 4
    order = sorted(range(4), key=lambda k: finished[k]["started"])
    assert order == [3, 2, 1, 0]


@pytest.mark.parametrize("database_kind", ["postgres"])
def test_a_database_that_is_started_again_costs_no_job(running, store, folder, database, postgres, database_kind):
    first = mixture(folder, database, 0.25)
    wait_for(store, store.create(first)[0]["id"], "completed")
    postgres.stop()
    with pytest.raises(DATABASE_LOST):
        store.create(first)
    postgres.start()
    job = store.create(mixture(folder, database, 0.5))[0]["id"]
    assert wait_for(store, job, "completed")["attempt"] == 1


def test_a_job_whose_end_cannot_be_written_is_done_again(running, store, folder, database, monkeypatch):
    """The database fails when the result is written: the job is not left as running, which nobody would end."""
    settle, failures = Claim.settle, []

    def fail_once(claim, event, **values):
        if not failures:
            failures.append(event)
            raise sa.exc.OperationalError("UPDATE job", {}, Exception("database or disk is full"))
        settle(claim, event, **values)

    monkeypatch.setattr(Claim, "settle", fail_once)
    job = store.create(mixture(folder, database, 0.5))[0]["id"]
    done = wait_for(store, job, "completed")
    assert (failures, done["attempt"]) == (["complete"], 2)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_full_disk_pauses_a_job_until_there_is_space(running, store, folder, database, monkeypatch, wrapped):
    room, full = Event(), OSError(errno.ENOSPC, "No space left on device")

    def fill(*given):
        if room.is_set():
            return blend(*given)
        if wrapped:
            raise InputError("the picture cannot be written") from full
        raise full

    blend = work.blend_images
    monkeypatch.setattr(work, "blend_images", fill)
    monkeypatch.setattr(module, "_BEAT", 0.05)
    monkeypatch.setattr(StudioFolder, "has_room", lambda self: room.is_set())
    job = store.create(mixture(folder, database, 0.5))[0]["id"]
    paused = wait_for(store, job, "paused")
    assert (paused["problem"]["type"], paused["problem"]["title"]) == (DISK_FULL, "The disk is full")
    room.set()
    done = wait_for(store, job, "completed")
    assert (done["problem"], done["attempt"]) == (None, 2)


def test_a_result_that_has_no_space_is_not_lost(running, store, folder, database, monkeypatch):
    """The disk is full when the result is stored, after it was painted."""
    kept, failures = StudioFolder.store, []

    def store_file(self, file, sha256):
        if file.name.startswith("result") and not failures:
            failures.append(file)
            raise OSError(errno.ENOSPC, "No space left on device")
        return kept(self, file, sha256)

    monkeypatch.setattr(StudioFolder, "store", store_file)
    monkeypatch.setattr(StudioFolder, "has_room", lambda self: False)
    job = store.create(mixture(folder, database, 0.5))[0]["id"]
    assert wait_for(store, job, "paused")["problem"]["type"] == DISK_FULL
    assert store.ask(job, "resume")["problem"] is None
    assert wait_for(store, job, "completed")["problem"] is None


def test_a_worker_that_is_busy_leaves_a_lost_job_to_others(running, store, folder, database, monkeypatch):
    """dbos gives what a lost worker has begun to any worker: the one that paints already must not keep it waiting."""
    release, begun = Event(), Event()

    def paint(work):
        begun.set()
        release.wait(TIMEOUT)
        work._claim.settle("complete")

    monkeypatch.setattr(module.WorkOnJob, "run", paint)
    busy = store.create(mixture(folder, database, 0.25))[0]["id"]
    assert begun.wait(TIMEOUT)
    lost = store.create(mixture(folder, database, 0.5))[0]["id"]
    claim_job(database, lost, 1, "another", has_newer_checkpoint=False)
    running._run_job(lost, 1)
    assert (store.get(busy)["state"], store.get(lost)["state"], store.get(lost)["deaths"]) == ("running", "pending", 1)
    release.set()
    assert wait_for(store, lost, "completed")["deaths"] == 1
