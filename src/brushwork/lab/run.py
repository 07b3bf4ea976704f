"""Painting the cells that are asked for: none twice, and nothing lost between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from time import monotonic
from typing import TypeAlias

import torch

from brushwork.lab.cell import Cell, Ends, Result
from brushwork.lab.order import Asked
from brushwork.lab.record import Shelf, alike
from brushwork.picture import write_picture

POINTS = 60
"""About so many points of a loss curve are kept."""

Spread: TypeAlias = Callable[[Asked, Sequence[str]], Iterator[tuple[str, Result]]]
"""How cells, by their names, are painted elsewhere: name and result of each, as they are done."""


def conduct(asked: Asked, spread: Spread | None = None) -> Iterator[tuple[str, Result]]:
    """Paint every cell that is not there yet, and yield each with its name as it is done.

    The folder receives a picture and a record for each cell. A cell that is there, with the same settings, is taken
    as it is: what was interrupted goes on where it stopped. Cells of the same settings are painted once. `spread`:
    `over_processes`, or `over_ray`; None: here.

    Raises: InputError: no such experiment, or pictures that cannot be read.
    """
    shelf, cells = Shelf(asked.folder), asked.cells()
    asked.folder.mkdir(parents=True, exist_ok=True)
    firsts = {alike(cell): cell for cell in reversed(cells)}
    missing, shared = [], []
    for cell in cells:
        kept, first = shelf.kept(cell), firsts[alike(cell)]
        if kept is not None:
            yield cell.name, kept
        elif first is cell:
            missing.append(cell)
        else:
            shared.append((cell, first))
    if spread is None or not missing:
        yield from ((cell.name, _paint(cell, shelf)) for cell in missing)
    else:
        yield from spread(asked, [cell.name for cell in missing])
    yield from ((cell.name, shelf.share(cell, first)) for cell, first in shared)


def paint_one(asked: Asked, name: str, threads: int) -> Result:
    """Paint one of the cells that are asked for; what a process does for another."""
    torch.set_num_threads(threads)
    return _paint(_cells(asked)[name], Shelf(asked.folder))


@lru_cache(maxsize=1)
def _cells(asked: Asked) -> Mapping[str, Cell]:
    """By name; a process that paints several reads pictures and networks once."""
    return {cell.name: cell for cell in asked.cells()}


def _paint(cell: Cell, shelf: Shelf) -> Result:
    begin, curve = monotonic(), []
    steps = cell.paint()
    last = first = next(steps)
    curve.append((first.spent, float(first.step.losses.total)))
    for last in steps:
        curve.append((last.spent, float(last.step.losses.total)))
    picture = shelf.picture(cell)
    write_picture(last.image, picture, overwrite=True)
    figures = dict(cell.measure(Ends(first, last)))
    result = Result(cell.row, cell.column, figures, _thinned(curve), monotonic() - begin, picture, cell.settings)
    shelf.keep(cell, result)
    return result


def _thinned(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Some points of a curve, the first and the last among them."""
    every = max(1, len(curve) // POINTS)
    return [*curve[:-1:every], curve[-1]]
