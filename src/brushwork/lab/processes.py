"""Cells over processes of this machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import active_children, get_context

import torch

from brushwork.lab.cell import CellResult
from brushwork.lab.order import CellSource
from brushwork.lab.run import Executor, run_cell

_TERMINATED = 128 + signal.SIGTERM


def run_in_processes(count: int) -> Executor:
    """So many processes of this machine, which share its threads. At an interruption they end at once."""

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
    """Let the first process decide: a terminal tells all of them of Ctrl-C, or that it is gone."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)


def _leave(*_: object) -> None:
    raise SystemExit(_TERMINATED)


def _paint_or_leave(source: CellSource, name: str, threads: int) -> CellResult:
    """Paint one of the cells, unless the process is asked to end: the pool would begin with the next one."""
    try:
        return run_cell(source, name, threads)
    except SystemExit:
        os._exit(_TERMINATED)
