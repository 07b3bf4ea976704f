"""Workers as processes, at small sizes; with a network of three layers."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

import short_timeout_worker
from brushwork.images import read_image
from brushwork.studio.folder import StudioFolder
from brushwork.studio.painting import LoadedNetworks, run_request
from studio_pictures import small_request

TIMEOUT = 240
"""Seconds for what takes a few on an idle machine."""

SCRIPT = Path(short_timeout_worker.__file__)
SOURCES = os.pathsep.join(sys.path)


class RunningWorker:
    """A process that runs a worker."""

    def __init__(self, process, inlet) -> None:
        self._process, self._inlet, self._code = process, inlet, None

    def end(self, number: int) -> int:
        """End it by a signal, and return its exit code; one that has ended stays as it is."""
        if self._code is None:
            self._process.send_signal(number)
            self._code = self._process.wait(TIMEOUT)
            os.close(self._inlet)
        return self._code


@pytest.fixture
def worker(fork_server):
    @contextmanager
    def start(folder: StudioFolder, host: str = "one"):
        reading, inlet = os.pipe()
        words = str(SCRIPT), str(folder.path), host, folder.address or ""
        process = fork_server.start(*words, stdin=reading, stderr=2, env=os.environ | {"PYTHONPATH": SOURCES})
        os.close(reading)
        running = RunningWorker(process, inlet)
        try:
            yield running
        finally:
            running.end(signal.SIGKILL)

    return start


def wait_for(store, job, what):
    end = time.monotonic() + TIMEOUT
    while not what(found := store.get(job)):
        assert time.monotonic() < end, found
        time.sleep(0.02)
    return found


def first_done(store, job, attempt):
    """Return the iterations that an attempt began with; None: it has not begun."""
    events = [event["data"] for event in store.events_after(0, 10_000) if event["kind"] == "progress"]
    return next((one["done"] for one in events if (one["id"], one["attempt"]) == (job, attempt)), None)


def is_over(job):
    return job["state"] in ("completed", "failed", "canceled")


def has_checkpoint(folder, job):
    return lambda found: is_over(found) or any(folder.work(job).glob("*/*.checkpoint"))


@pytest.mark.slow
def test_nothing_is_lost_by_a_kill_and_a_pause(worker, folder, database, store, tmp_path, monkeypatch):
    """One painting whose worker is killed, and that is paused: the same picture to the last bit."""
    request = small_request(folder, database, iterations=60, size=48)
    job = store.create(request)[0]["id"]
    with worker(folder):
        begun = wait_for(store, job, has_checkpoint(folder, job))
        assert begun["state"] == "running", begun["problem"]
    with worker(folder):
        wait_for(store, job, lambda found: first_done(store, job, attempt=2) is not None)
        assert first_done(store, job, attempt=2) > 0  # from the checkpoint
        store.ask(job, "pause")
        paused = wait_for(store, job, lambda found: found["state"] != "running")
        assert (paused["state"], paused["result"]) == ("paused", None)
        store.ask(job, "resume")
        done = wait_for(store, job, is_over)
        wait_for(store, job, lambda _: not [one for one in folder.work(job).iterdir() if one.is_dir()])
    assert (done["state"], done["problem"]) == ("completed", None)
    assert done["attempt"] == 3
    assert first_done(store, job, attempt=3) >= paused["done"] > 0
    assert done["preview"] >= 1
    short_timeout_worker.use_tiny(monkeypatch.setattr)
    plain = tmp_path / "plain.png"
    for _ in run_request(request, folder, plain, LoadedNetworks(), resume=False):
        pass
    assert torch.equal(read_image(folder.stored(done["result"]["sha256"])).image, read_image(plain).image)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgres"])
def test_of_two_hosts_one_takes_over_what_the_other_has_begun(
    worker, folder, database, store, tmp_path, database_kind, monkeypatch
):
    request = small_request(folder, database, iterations=60, size=48)
    job = store.create(request)[0]["id"]
    with worker(folder, "one") as one, worker(folder, "two") as two:
        begun = wait_for(store, job, has_checkpoint(folder, job))
        assert begun["state"] == "running", begun["problem"]
        (one if begun["worker"] == "one-0" else two).end(signal.SIGKILL)
        wait_for(store, job, lambda found: first_done(store, job, attempt=2) is not None)
        assert store.get(job)["worker"] not in (None, begun["worker"])
        assert first_done(store, job, attempt=2) > 0  # from the checkpoint
        done = wait_for(store, job, is_over)
    assert (done["state"], done["problem"], done["attempt"], done["deaths"]) == ("completed", None, 2, 0)
    short_timeout_worker.use_tiny(monkeypatch.setattr)
    plain = tmp_path / "plain.png"
    for _ in run_request(request, folder, plain, LoadedNetworks(), resume=False):
        pass
    assert torch.equal(read_image(folder.stored(done["result"]["sha256"])).image, read_image(plain).image)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite", "postgres"])
def test_quick_ones_go_first_and_what_is_canceled_is_kept(worker, folder, database, store, database_kind):
    request = small_request(folder, database, iterations=100_000, size=48)
    bad = store.create(small_request(folder, database, style_weight=-1.0), priority=9)[0]["id"]
    job = store.create(request)[0]["id"]
    with worker(folder) as process:
        problem = wait_for(store, bad, is_over)
        assert problem["state"] == "failed"
        assert "style-weight" in problem["problem"]["detail"] or "style_weight" in problem["problem"]["detail"]
        wait_for(store, job, lambda found: found["done"])
        card = store.create_cards(
            [
                small_request(folder, database).__class__(
                    kind="card", content=request.content, paintings=request.paintings, options={"size": 64}
                )
            ]
        )[0]["id"]
        assert wait_for(store, card, is_over)["state"] == "completed"
        assert store.get(job)["state"] == "running"
        store.ask(job, "cancel")
        canceled = wait_for(store, job, is_over)
        ended = store.create(request)[0]["id"]
        wait_for(store, ended, lambda found: found["done"])
        assert process.end(signal.SIGTERM) == 0
    assert canceled["state"] == "canceled"
    assert canceled["result"]["unfinished"]
    kept = folder.stored(canceled["result"]["sha256"])
    assert kept.read_bytes().startswith((b"RIFF", b"\x89PNG"))  # what was seen: the draft, or the painting as it was
    assert (store.get(ended)["state"], store.get(ended)["deaths"]) == ("pending", 0)
    assert any(folder.work(ended).glob("*/*.checkpoint"))
