"""A worker: takes jobs from the queue, paints them, and reports previews and results."""

from __future__ import annotations

import os
import signal
import socket
import sys
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from functools import partial
from threading import Event, Lock, Thread
from time import monotonic, sleep

from brushwork.errors import InputError
from brushwork.studio.claims import Claim, ClaimLostError, claim_job
from brushwork.studio.database import DATABASE_LOST, Database, repeat_until_answered
from brushwork.studio.folder import StudioFolder, has_newer_checkpoint
from brushwork.studio.job_problems import DISK_FULL
from brushwork.studio.job_queue import JobQueue
from brushwork.studio.job_request import Lane
from brushwork.studio.job_rows import add_event
from brushwork.studio.job_store import JobStore
from brushwork.studio.known_paintings import register_models
from brushwork.studio.painting import CHECKPOINT_EVERY, LoadedNetworks
from brushwork.studio.retention import sweep
from brushwork.studio.shared_folder import open_database
from brushwork.studio.tables import WORKER, now
from brushwork.studio.turns import Turns
from brushwork.studio.work import WorkOnJob

_LOOK = 0.02
"""Seconds between two looks for new requests: a look takes microseconds."""
_LOOK_ANYWAY = 0.5
"""Seconds after which the worker looks for jobs even if nothing was committed."""
_LANES: tuple[Lane, ...] = ("quick", "long")  # a draft goes before its painting
_BEAT = 5.0
"""Seconds between two heartbeats."""
_MOST_SECONDS_TO_END = 60.0
_MOST_WORKERS = 64


class Worker:
    """Runs jobs until told to stop."""

    def __init__(self, folder: StudioFolder, database: Database, name: str, checkpoint_every: float) -> None:
        self.name = name
        self._folder, self._database = folder, database
        self._stop, self._has_ended, self._turns = Event(), Event(), Turns()
        self._networks = LoadedNetworks(checkpoint_every=checkpoint_every)
        self._started: dict[Lane, Future[None]] = {}
        self._running: dict[str, Lane] = {}
        self._lock = Lock()

    def stop(self) -> None:
        """End after the running iterations; their checkpoints are written."""
        self._stop.set()

    def run(self) -> None:
        """Run jobs until `stop` is called."""
        self._beat(is_ready=False)
        Thread(target=self._warm_up, daemon=True).start()
        queue = JobQueue(self._database, self._folder, self.name, self._run_job)
        watch = self._database.watch()
        beaten, looked = monotonic(), 0.0
        while not self._stop.wait(_LOOK):
            if monotonic() - beaten >= _BEAT:
                beaten = monotonic()
                repeat_until_answered(lambda: self._beat(is_ready=None))
                repeat_until_answered(queue.recover_lost)
                if self._folder.has_room():
                    repeat_until_answered(lambda: JobStore(self._database).resume_all(DISK_FULL))
            if watch.has_changed() or self._has_ended.is_set() or monotonic() - looked >= _LOOK_ANYWAY:
                looked = monotonic()
                self._has_ended.clear()
                repeat_until_answered(lambda: self._start_jobs(queue))
        watch.close()
        self._wait_for_jobs()
        queue.close()

    def _start_jobs(self, queue: JobQueue) -> None:
        """Start a job in each lane that is free."""
        for lane in _LANES:
            before = self._started.get(lane)
            is_free = (before is None or before.done()) and lane not in list(self._running.values())
            if is_free and (started := queue.start_next(lane)):
                self._started[lane] = started
                started.add_done_callback(lambda _: self._has_ended.set())

    def _wait_for_jobs(self) -> None:
        end = monotonic() + _MOST_SECONDS_TO_END
        while self._running and monotonic() < end:
            sleep(_LOOK)

    def _run_job(self, job: str, round: int) -> None:
        before = self._folder.latest_attempt(job)
        is_newer = before is not None and has_newer_checkpoint(before)
        claim = repeat_until_answered(
            lambda: claim_job(self._database, job, round, self.name, has_newer_checkpoint=is_newer)
        )
        if claim is None:
            return
        try:
            self._work_on(claim)
        except DATABASE_LOST:  # the progress is in the checkpoint
            repeat_until_answered(lambda: _release(claim))

    def _work_on(self, claim: Claim) -> None:
        with self._lock:
            is_busy = claim.request.lane in self._running.values()
            if not is_busy:
                self._running[claim.job] = claim.request.lane
        if is_busy:  # dbos gives the jobs of a lost worker to any other; the first free one should get it
            _release(claim)
            return
        try:
            with suppress(ClaimLostError):
                WorkOnJob(claim, self._folder, self._networks, self._turns, self._stop).run()
        finally:
            with self._lock:
                del self._running[claim.job]

    def _warm_up(self) -> None:
        with self._turns.quick():
            self._networks.load()
        repeat_until_answered(lambda: self._beat(is_ready=True))
        repeat_until_answered(lambda: register_models(self._database, self._folder))
        repeat_until_answered(lambda: sweep(self._database, self._folder))

    def _beat(self, *, is_ready: bool | None) -> None:
        values = {"heartbeat": self._database.clock} | ({} if is_ready is None else {"ready": is_ready})
        with self._database.write() as connection:
            known = connection.execute(WORKER.update().where(WORKER.c.id == self.name).values(**values)).rowcount
            if not known:
                connection.execute(
                    WORKER.insert().values(id=self.name, pid=os.getpid(), started=now(), **{"ready": False, **values})
                )
            if is_ready is not None:
                add_event(connection, "worker", {"id": self.name, "ready": is_ready})


def _release(claim: Claim) -> None:
    with suppress(ClaimLostError):
        claim.settle("release")


def run_worker(
    folder: StudioFolder, *, ends_with_parent: bool = False, checkpoint_every: float = CHECKPOINT_EVERY
) -> None:
    """Run a worker on the studio's folder until the process is told to end.

    `ends_with_parent`: it also ends when standard input closes, as it does when the parent process dies.

    Raises: InputError: the folder cannot be used.
    """
    folder.make()
    with ExitStack() as stack:
        name = _take_name(folder, stack)
        database = open_database(folder)
        worker = Worker(folder, database, name, checkpoint_every)
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, partial(_end, worker))
        if ends_with_parent:
            Thread(target=_wait_for_end, args=(worker,), daemon=True).start()
        worker.run()
        database.close()


def _take_name(folder: StudioFolder, stack: ExitStack) -> str:
    """Return the first free name of a worker on this machine; a restarted worker gets its earlier name.

    Raises: InputError: there are too many.
    """
    for number in range(_MOST_WORKERS):
        name = f"{socket.gethostname()}-{number}"
        if stack.enter_context(folder.lock(name)):
            return name
    raise InputError(f"{_MOST_WORKERS} workers run on this machine already: end some of them.")


def _end(worker: Worker, number: int, _: object) -> None:
    worker.stop()
    signal.signal(number, signal.SIG_DFL)  # a second one ends it at once


def _wait_for_end(worker: Worker) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not through Python's buffer, whose lock would outlive this thread
        pass
    worker.stop()
