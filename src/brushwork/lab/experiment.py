"""An experiment: a grid of cells, and claims about what comes out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from brushwork.lab.cell import Cell, Check, Result
from brushwork.lab.easel import Easel
from brushwork.lab.figures import distance
from brushwork.picture import read_picture


@dataclass(frozen=True)
class Experiment:
    """One experiment of a paper, ready to be repeated."""

    name: str
    title: str
    source: str
    """Paper, and figure or section."""
    claim: str
    """What the paper says is to be seen."""
    cells: Callable[[Easel], Sequence[Cell]] = field(repr=False)
    check: Callable[[Sequence[Result]], Sequence[Check]] = field(repr=False)
    sheet_each_row: bool = False
    """Beside the sheet of all pictures, one for each row."""


def by_column(results: Sequence[Result], row: str) -> list[Result]:
    """The results of a row, in the order of their columns."""
    return [result for result in results if result.row == row]


def falls(values: Sequence[float]) -> bool:
    """Whether each value is below the one before."""
    return all(later < earlier for earlier, later in itertools.pairwise(values))


def rises(values: Sequence[float]) -> bool:
    """Whether each value is above the one before."""
    return falls([-value for value in values])


def listed(values: Sequence[float], form: str = ".3g") -> str:
    """The values in a line."""
    return ", ".join(format(value, form) for value in values)


def named(values: Mapping[str, float], form: str = ".3g") -> str:
    """The values in a line, each with its name."""
    return ", ".join(f"{name} {format(value, form)}" for name, value in values.items())


def of_column(results: Sequence[Result], figure: str) -> dict[str, float]:
    """A figure by the columns of the results, as far as they have it."""
    return {one.column: one.figures[figure] for one in results if figure in one.figures}


def pairwise_distances(results: Sequence[Result]) -> dict[tuple[str, str], float]:
    """How far apart the pictures of every two columns are."""
    pictures = {one.column: read_picture(one.picture).image for one in results}
    return {pair: distance(pictures[pair[0]], pictures[pair[1]]) for pair in itertools.combinations(pictures, 2)}


def closure_time(result: Result) -> float:
    """Seconds for a closure, with all that belongs to the cell: its targets, its measures."""
    return result.seconds / result.curve[-1][0]
