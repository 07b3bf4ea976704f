"""Run the cells of an experiment in this process, in several processes or on a Ray cluster."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from multiprocessing import active_children, get_context
from time import monotonic
from typing import Any, TypeAlias

import torch

from brushwork.errors import InputError
from brushwork.experiments.experiment import CellResult, ExperimentCell, FirstAndLast
from brushwork.experiments.request import CellSource
from brushwork.experiments.results import ResultStore, settings_key
from brushwork.images import write_image

POINTS = 60
"""Approximate number of points kept of a loss curve."""

Executor: TypeAlias = Callable[[CellSource, Sequence[str]], Iterator[tuple[str, CellResult]]]
"""Runs cells, given by name, in other processes; yields name and result of each as it finishes."""

_TERMINATED = 128 + signal.SIGTERM


def run_cells(source: CellSource, executor: Executor | None = None) -> Iterator[tuple[str, CellResult]]:
    """Run every cell without a stored result, and yield each with its name as it finishes.

    Each cell stores an image and a record in the folder. Stored results with the same settings are reused, so an
    interrupted experiment continues where it stopped. Cells with the same settings run once. `executor`:
    `run_in_processes` or `run_on_ray`; None: this process.

    Raises: InputError: no such experiment, or images that cannot be read.
    """
    store, cells = ResultStore(source.folder), source.make_cells()
    source.folder.mkdir(parents=True, exist_ok=True)
    firsts = {settings_key(cell): cell for cell in reversed(cells)}
    missing, shared = [], []
    for cell in cells:
        kept, first = store.load(cell), firsts[settings_key(cell)]
        if kept is not None:
            yield cell.name, kept
        elif first is cell:
            missing.append(cell)
        else:
            shared.append((cell, first))
    if executor is None or not missing:
        yield from ((cell.name, _paint(cell, store)) for cell in missing)
    else:
        yield from executor(source, [cell.name for cell in missing])
    yield from ((cell.name, store.reuse(cell, first)) for cell, first in shared)


def run_cell(source: CellSource, name: str, threads: int) -> CellResult:
    """Run one cell of a request; called in worker processes."""
    torch.set_num_threads(threads)
    return _paint(_cells(source)[name], ResultStore(source.folder))


@lru_cache(maxsize=1)
def _cells(source: CellSource) -> Mapping[str, ExperimentCell]:
    """Return the cells by name; a process that runs several reads images and networks once."""
    return {cell.name: cell for cell in source.make_cells()}


def _paint(cell: ExperimentCell, store: ResultStore) -> CellResult:
    begin, curve = monotonic(), []
    steps = cell.run()
    last = first = next(steps)
    curve.append((first.iterations, float(first.step.losses.total)))
    for last in steps:
        curve.append((last.iterations, float(last.step.losses.total)))
    image = store.image_path(cell)
    write_image(last.image, image, overwrite=True)
    figures = dict(cell.measure(FirstAndLast(first, last)))
    result = CellResult(cell.row, cell.column, figures, _thin(curve), monotonic() - begin, image, cell.settings)
    store.save(cell, result)
    return result


def _thin(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return a subset of a curve's points, including the first and the last."""
    every = max(1, len(curve) // POINTS)
    return [*curve[:-1:every], curve[-1]]


def run_in_processes(count: int) -> Executor:
    """Return an executor of `count` processes here, which share the threads and end at once if interrupted."""

    def spread(source: CellSource, names: Sequence[str]) -> Iterator[tuple[str, CellResult]]:
        threads, others = max(1, torch.get_num_threads() // count), active_children()
        workers, context = min(count, len(names)), get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_wait_for_word) as pool:
            waiting = {pool.submit(_paint_or_leave, source, name, threads): name for name in names}
            try:
                for done in as_completed(waiting):
                    yield waiting[done], done.result()
            except (KeyboardInterrupt, GeneratorExit):
                pool.shutdown(wait=False, cancel_futures=True)
                for one in active_children():
                    if one not in others:
                        one.terminate()
                raise

    return spread


def _wait_for_word() -> None:
    """Ignore signals that the main process handles: a terminal sends Ctrl-C and SIGHUP to all processes."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise SystemExit(_TERMINATED)


def _paint_or_leave(source: CellSource, name: str, threads: int) -> CellResult:
    """Run one cell, unless the process is asked to end: the pool would otherwise start the next one."""
    try:
        return run_cell(source, name, threads)
    except SystemExit:
        os._exit(_TERMINATED)


def run_on_ray(threads: int = 1) -> Executor:
    """Return an executor on the Ray cluster that RAY_ADDRESS names or that runs here; else on a new local one.

    Every machine must have brushwork, and see the images and the results folder under the same paths. Each cell takes
    `threads` CPUs of the cluster, and a GPU if it runs on one.

    Raises: InputError: Ray is not installed.
    """
    ray = _ray()

    def spread(source: CellSource, names: Sequence[str]) -> Iterator[tuple[str, CellResult]]:
        begun = not ray.is_initialized()
        if begun:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray sends usage statistics
            ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
        try:
            task = ray.remote(num_cpus=threads, num_gpus=int(source.device.startswith("cuda")))(run_cell)
            waiting = {task.remote(source, name, threads): name for name in names}
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                yield waiting.pop(done), _fetch(ray, done)
        finally:
            if begun:
                ray.shutdown()

    return spread


def _fetch(ray: Any, done: Any) -> CellResult:
    """Return a task's result, or raise its own error without Ray's traceback."""
    try:
        result: CellResult = ray.get(done)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
    return result


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise InputError("--engine ray needs Ray, which is not installed: pip install 'brushwork[ray]'.") from error
    return ray
