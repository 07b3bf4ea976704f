"""Experiments: grids of cells, their results, and claims that are checked."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.measures import rms_distance
from brushwork.images import read_image
from brushwork.recipes import Progress

Measures: TypeAlias = Mapping[str, float]
"""What was measured of a picture, by name."""


class FirstAndLast(NamedTuple):
    """The first and the last step of a painting."""

    first: Progress
    last: Progress


@dataclass(frozen=True)
class ExperimentCell:
    """One picture of an experiment. Cells are laid out as a grid of rows and columns."""

    row: str
    column: str
    settings: Mapping[str, Any]
    """Everything that decides the picture, as JSON: a cell whose settings have not changed is not painted again."""
    run: Callable[[], Iterator[Progress]] = field(repr=False)
    measure: Callable[[FirstAndLast], Measures] = field(repr=False, default=lambda first_and_last: {})

    @property
    def name(self) -> str:
        """The cell's own name, fit for a file."""
        return cell_name(self.row, self.column)


@dataclass(frozen=True)
class CellResult:
    """A painted cell."""

    row: str
    column: str
    figures: Measures
    curve: Sequence[tuple[int, float]]
    """(closures, loss) along the way."""
    seconds: float
    picture: Path
    settings: Mapping[str, Any] = field(repr=False, default_factory=dict)


class ClaimCheck(NamedTuple):
    """A claim of the paper, beside what was measured."""

    claim: str
    measured: str
    holds: bool | None
    """None: to be judged by eye."""


def cell_name(row: str, column: str) -> str:
    """What the picture at a row and a column is called."""
    return "-".join(slugify(part) for part in (row, column) if part)


def slugify(text: str) -> str:
    """Letters, digits and a few signs; anything else becomes an underscore."""
    return "".join(sign if sign.isalnum() or sign in "._+" else "_" for sign in text)


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
