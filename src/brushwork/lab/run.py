"""Painting the cells of an experiment: none twice, and nothing lost between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from time import monotonic

import torch

from brushwork.lab.cell import Cell, Ends, Result
from brushwork.lab.easel import Order
from brushwork.lab.experiments import experiment
from brushwork.lab.record import Shelf
from brushwork.picture import write_picture

POINTS = 60
"""About so many points of a loss curve are kept."""


def conduct(order: Order, processes: int = 1) -> Iterator[tuple[str, Result]]:
    """Paint every cell that is not there yet, and yield each with its name as it is done.

    The order's folder receives a picture and a record for each cell. A cell that is there, with the same settings, is
    taken as it is: an interrupted experiment goes on where it stopped. Several processes share the threads.

    Raises: InputError: no such experiment, or pictures that cannot be read.
    """
    shelf, cells = Shelf(order.folder), experiment(order.experiment).cells(order.easel())
    missing = []
    for cell in cells:
        kept = shelf.kept(cell)
        if kept is None:
            missing.append(cell)
        else:
            yield cell.name, kept
    yield from _at_once(missing, shelf) if processes == 1 else _spread(missing, order, processes)


def _at_once(cells: Sequence[Cell], shelf: Shelf) -> Iterator[tuple[str, Result]]:
    for cell in cells:
        yield cell.name, _paint(cell, shelf)


def _spread(cells: Sequence[Cell], order: Order, processes: int) -> Iterator[tuple[str, Result]]:
    """The cells over so many processes of this machine."""
    threads = max(1, torch.get_num_threads() // processes)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(paint_one, order, cell.name, threads): cell for cell in cells}
        for done in as_completed(waiting):
            yield waiting[done].name, done.result()


def paint_one(order: Order, name: str, threads: int) -> Result:
    """Paint one cell of an order; what a process does for another."""
    torch.set_num_threads(threads)
    cells = experiment(order.experiment).cells(order.easel())
    return _paint(next(cell for cell in cells if cell.name == name), Shelf(order.folder))


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
