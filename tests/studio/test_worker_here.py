"""A worker inside this process, with stand-ins for the networks: what it does with the queue."""

from __future__ import annotations

import time
from threading import Thread

import pytest

from brushwork.studio import worker as module
from brushwork.studio.job_request import PaintingRequest
from brushwork.studio.job_store import PAUSED
from brushwork.studio.worker import Worker
from studio_pictures import png, put

PATIENCE = 60


@pytest.fixture
def running(folder, database, monkeypatch):
    for name in ("load_quick", "load_long"):
        monkeypatch.setattr(module.LoadedNetworks, name, lambda self: None)
    worker = Worker(folder, database, "here", checkpoint_every=0.1)
    thread = Thread(target=worker.run)
    thread.start()
    yield worker
    worker.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def wait_for(store, job, state):
    end = time.monotonic() + PATIENCE
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
