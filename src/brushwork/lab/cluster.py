"""Cells over the machines of a Ray cluster."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from typing import Any

from brushwork.errors import InputError
from brushwork.lab.cell import CellResult
from brushwork.lab.order import CellSource
from brushwork.lab.run import Executor, run_cell


def run_on_ray(threads: int = 1) -> Executor:
    """The Ray cluster that RAY_ADDRESS names, or that runs here; else one of this machine, begun for the occasion.

    Every machine must have brushwork, and see the pictures and the folder of results under the same paths. Each cell
    takes `threads` processors of the cluster, and a GPU where it is painted on one.

    Raises: InputError: Ray is not installed.
    """
    ray = _ray()

    def spread(source: CellSource, names: Sequence[str]) -> Iterator[tuple[str, CellResult]]:
        begun = not ray.is_initialized()
        if begun:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray reports to its makers
            ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
        try:
            task = ray.remote(num_cpus=threads, num_gpus=int(source.device.startswith("cuda")))(run_cell)
            waiting = {task.remote(source, name, threads): name for name in names}
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                yield waiting.pop(done), _fetched(ray, done)
        finally:
            if begun:
                ray.shutdown()

    return spread


def _fetched(ray: Any, done: Any) -> CellResult:
    """What a task returned; or its own error, without Ray's account of where it happened."""
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
