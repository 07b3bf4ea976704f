"""Run the pieces of a task in several processes on this machine, or on a Ray cluster."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import Any, Protocol, TypeVar

import torch

from brushwork.choices import WorkerEngine
from brushwork.errors import BrushworkError, InputError, import_extra

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_TERMINATED = 128 + signal.SIGTERM


class Executor(Protocol):
    """Runs the pieces of a task in other processes."""

    def __call__(
        self, task: Callable[[Piece, int], Result], pieces: Sequence[Piece], device: str
    ) -> Iterator[tuple[Piece, Result]]:
        """Yield each piece with its result as it is done.

        The task gets a piece and a number of threads; it and the pieces are sent between processes.
        """


def pick_executor(count: int, engine: WorkerEngine = "processes") -> Executor | None:
    """Return the executor for `count` processes or, with Ray, CPUs per task; None: this process does all the work.

    Raises: InputError: Ray is not installed, or cannot be imported.
    """
    if engine == "ray":
        return run_on_ray(count)
    return run_in_processes(count) if count > 1 else None


def run_in_processes(count: int) -> Executor:
    """Return an executor of `count` processes here, which share the threads.

    They end at once if they are interrupted or a piece fails; pieces done by then are yielded first.
    """

    def spread(
        task: Callable[[Piece, int], Result], pieces: Sequence[Piece], device: str
    ) -> Iterator[tuple[Piece, Result]]:
        threads, others = max(1, torch.get_num_threads() // count), active_children()
        workers, context = min(count, len(pieces)), get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_process) as pool:
            waiting = {pool.submit(_do_or_leave, task, piece, threads): piece for piece in pieces}
            try:
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for one in sorted(done, key=_has_failed):
                        yield waiting.pop(one), one.result()
            except BaseException as error:
                _end_at_once(pool, others)
                if isinstance(error, BrokenProcessPool):
                    raise BrushworkError(
                        "one of the processes was killed, perhaps because memory ran out: use fewer processes. What "
                        "they finished is kept: give the same command again, for a film with --resume."
                    ) from error
                raise

    return spread


def _end_at_once(pool: ProcessPoolExecutor, others: list[BaseProcess]) -> None:
    """End the processes of a pool, whatever they are doing; `others` are the processes outside it."""
    pool.shutdown(wait=False, cancel_futures=True)
    for process in active_children():
        if process not in others:
            process.terminate()


def _has_failed(done: Future[Any]) -> bool:
    return done.exception() is not None


def _prepare_process() -> None:
    """Ignore signals that the main process handles: a terminal sends Ctrl-C and SIGHUP to all processes."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when the main process is gone, as after kill -9, which it cannot pass on."""
    if parent := parent_process():
        parent.join()
        os._exit(_TERMINATED)


def _leave(*_: object) -> None:
    raise SystemExit(_TERMINATED)


def _do_or_leave(task: Callable[[Piece, int], Result], piece: Piece, threads: int) -> Result:
    """Run one piece; if told to end, exit the process, because the pool would otherwise start the next piece."""
    try:
        return task(piece, threads)
    except SystemExit:
        os._exit(_TERMINATED)


def run_on_ray(threads: int = 1) -> Executor:
    """Return an executor on the Ray cluster that RAY_ADDRESS names or that runs here; else on a new local one.

    Every machine must have brushwork, and see the same files under the same paths. Each piece takes `threads` CPUs of
    the cluster, and a GPU if it runs on one.

    Raises: InputError: Ray is not installed, or cannot be imported.
    """
    ray = import_extra("a Ray cluster", "ray", "ray")

    def spread(
        task: Callable[[Piece, int], Result], pieces: Sequence[Piece], device: str
    ) -> Iterator[tuple[Piece, Result]]:
        begun = not ray.is_initialized()
        try:
            if begun:
                _start(ray)
            remote = ray.remote(num_cpus=threads, num_gpus=int(device.startswith("cuda")))(_do)
            waiting = {remote.remote(task, piece, threads): piece for piece in pieces}
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                yield waiting.pop(done), _fetch(ray, done)
        finally:
            if begun:
                ray.shutdown()

    return spread


def _start(ray: Any) -> None:
    """Connect to the cluster that RAY_ADDRESS names, or start one here.

    Raises: InputError: it is not there, or does not start.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray sends usage statistics
    try:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    except Exception as error:  # a bare Exception if a part of it does not start in time
        address = os.environ.get("RAY_ADDRESS")
        what = f"RAY_ADDRESS is {address}: no Ray cluster answers there" if address else "Ray does not start here"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise InputError(f"{what} ({reason}); try again, or use processes.") from error


def _do(task: Callable[[Piece, int], Result], piece: Piece, threads: int) -> Result:
    return task(piece, threads)


def _fetch(ray: Any, done: Any) -> Any:
    """Return a task's result, or raise its own error without Ray's traceback."""
    try:
        return ray.get(done)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
