"""Run the cells of an experiment in this process, in several processes, or on a Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from time import monotonic

import torch

from brushwork.experiments.experiment import CellResult, ExperimentCell, FirstAndLast
from brushwork.experiments.request import CellSource
from brushwork.experiments.results import ResultStore, settings_key
from brushwork.images import write_image
from brushwork.jobs.workers import Executor
from brushwork.storage.atomic import explain_write_errors, temporary_file
from brushwork.storage.folder_lock import locked_folder
from brushwork.storage.folders import make_folder

POINTS = 60
"""Approximate number of points kept of a loss curve."""


def run_cells(source: CellSource, executor: Executor | None = None) -> Iterator[tuple[str, CellResult]]:
    """Run every cell without a stored result and yield each with its name as it finishes.

    Each cell stores an image and a record in the folder. Stored results with the same settings are reused, so an
    interrupted experiment continues where it stopped. Cells with the same settings run once. Without an executor, this
    process runs them.

    Raises: InputError: there is no such experiment, an image cannot be read, or the folder cannot be written or is in
        use by another process.
    """
    store, cells = ResultStore(source.folder), source.make_cells()
    make_folder(source.folder)
    with locked_folder(source.folder):  # another process would remove records that this one reads
        with explain_write_errors(source.folder / "report.html"), temporary_file(source.folder):
            pass
        yield from _run_missing(source, store, cells, executor)


def _run_missing(
    source: CellSource, store: ResultStore, cells: Sequence[ExperimentCell], executor: Executor | None
) -> Iterator[tuple[str, CellResult]]:
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
        yield from executor(partial(run_cell, source), [cell.name for cell in missing], source.device)
    yield from ((cell.name, store.reuse(cell, first)) for cell, first in shared)


def run_cell(source: CellSource, name: str, threads: int) -> CellResult:
    """Run one cell of a request; called in worker processes."""
    torch.set_num_threads(threads)
    return _paint(_cells(source)[name], ResultStore(source.folder))


@lru_cache(maxsize=1)
def _cells(source: CellSource) -> Mapping[str, ExperimentCell]:
    """Return the cells by name; a process that runs several of them reads images and networks only once."""
    return {cell.name: cell for cell in source.make_cells()}


def _paint(cell: ExperimentCell, store: ResultStore) -> CellResult:
    begin, curve = monotonic(), []
    steps = cell.run()
    last = first = next(steps)
    curve.append((first.iterations, float(first.step.losses.total)))
    for last in steps:
        curve.append((last.iterations, float(last.step.losses.total)))
    image = store.image_path(cell)
    store.remove_record(cell)
    write_image(last.image, image, overwrite=True)
    measures = dict(cell.measure(FirstAndLast(first, last)))
    result = CellResult(cell.row, cell.column, measures, _thin(curve), monotonic() - begin, image, cell.settings)
    store.save(cell, result)
    return result


def _thin(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return a subset of a curve's points, including the first and the last."""
    every = max(1, len(curve) // POINTS)
    return [*curve[:-1:every], curve[-1]]
