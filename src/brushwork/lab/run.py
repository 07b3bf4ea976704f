"""Painting the cells that are asked for: none twice, and nothing lost between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from time import monotonic
from typing import TypeAlias

import torch

from brushwork.lab.cell import CellResult, ExperimentCell, FirstAndLast
from brushwork.lab.order import CellSource
from brushwork.lab.record import ResultStore, settings_key
from brushwork.picture import write_image

POINTS = 60
"""About so many points of a loss curve are kept."""

Executor: TypeAlias = Callable[[CellSource, Sequence[str]], Iterator[tuple[str, CellResult]]]
"""How cells, by their names, are painted elsewhere: name and result of each, as they are done."""


def run_cells(source: CellSource, executor: Executor | None = None) -> Iterator[tuple[str, CellResult]]:
    """Paint every cell that is not there yet, and yield each with its name as it is done.

    The folder receives a picture and a record for each cell. A cell that is there, with the same settings, is taken
    as it is: what was interrupted goes on where it stopped. Cells of the same settings are painted once. `executor`:
    `run_in_processes`, or `run_on_ray`; None: here.

    Raises: InputError: no such experiment, or pictures that cannot be read.
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
    """Paint one of the cells that are asked for; what a process does for another."""
    torch.set_num_threads(threads)
    return _paint(_cells(source)[name], ResultStore(source.folder))


@lru_cache(maxsize=1)
def _cells(source: CellSource) -> Mapping[str, ExperimentCell]:
    """By name; a process that paints several reads pictures and networks once."""
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
    result = CellResult(cell.row, cell.column, figures, _thinned(curve), monotonic() - begin, image, cell.settings)
    store.save(cell, result)
    return result


def _thinned(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Some points of a curve, the first and the last among them."""
    every = max(1, len(curve) // POINTS)
    return [*curve[:-1:every], curve[-1]]
