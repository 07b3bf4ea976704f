"""An experiment: a grid of cells, and claims about what comes out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from brushwork.lab.cell import Cell, Check, Result
from brushwork.lab.easel import Easel


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
