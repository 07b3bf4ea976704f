"""An experiment: a grid of cells, and claims about what comes out."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from brushwork.lab.cell import CellResult, ClaimCheck, ExperimentCell
from brushwork.lab.easel import ExperimentContext
from brushwork.lab.figures import rms_distance
from brushwork.picture import read_image


@dataclass(frozen=True)
class Experiment:
    """One experiment of a paper, ready to be repeated."""

    name: str
    title: str
    source: str
    """Paper, and figure or section."""
    claim: str
    """What the paper says is to be seen."""
    cells: Callable[[ExperimentContext], Sequence[ExperimentCell]] = field(repr=False)
    check: Callable[[Sequence[CellResult]], Sequence[ClaimCheck]] = field(repr=False)
    has_sheet_per_row: bool = False
    """Beside the sheet of all pictures, one for each row."""


def sort_by_column(results: Sequence[CellResult], row: str) -> list[CellResult]:
    """The results of a row, in the order of their columns."""
    return [result for result in results if result.row == row]


def is_decreasing(values: Sequence[float]) -> bool:
    """Whether each value is below the one before."""
    return all(later < earlier for earlier, later in itertools.pairwise(values))


def is_increasing(values: Sequence[float]) -> bool:
    """Whether each value is above the one before."""
    return is_decreasing([-value for value in values])


def format_values(values: Sequence[float], form: str = ".3g") -> str:
    """The values in a line."""
    return ", ".join(format(value, form) for value in values)


def format_named_values(values: Mapping[str, float], form: str = ".3g") -> str:
    """The values in a line, each with its name."""
    return ", ".join(f"{name} {format(value, form)}" for name, value in values.items())


def measures_by_column(results: Sequence[CellResult], figure: str) -> dict[str, float]:
    """A figure by the columns of the results, as far as they have it."""
    return {one.column: one.figures[figure] for one in results if figure in one.figures}


def pairwise_distances(results: Sequence[CellResult]) -> dict[tuple[str, str], float]:
    """How far apart the pictures of every two columns are."""
    images = {one.column: read_image(one.picture).image for one in results}
    return {pair: rms_distance(images[pair[0]], images[pair[1]]) for pair in itertools.combinations(images, 2)}


def seconds_per_iteration(result: CellResult) -> float:
    """Seconds for a closure, with all that belongs to the cell: its targets, its measures."""
    return result.seconds / result.curve[-1][0]
