"""Experiments: grids of cells, their results, and checks of claims."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from brushwork.errors import InputError
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.measures import rms_distance
from brushwork.images import read_image
from brushwork.recipes import Progress

Measures: TypeAlias = Mapping[str, float]
"""Measures of an image, by name."""

_LONGEST_NAME = 200
"""Maximum bytes of a cell's name, without endings; file systems allow 255 in all."""


class FirstAndLast(NamedTuple):
    """The first and the last step of a run."""

    first: Progress
    last: Progress


@dataclass(frozen=True)
class ExperimentCell:
    """One run of an experiment. Cells form a grid of rows and columns."""

    row: str
    column: str
    settings: Mapping[str, Any]
    """Everything that determines the result, for JSON: a cell with unchanged settings is not computed again."""
    run: Callable[[], Iterator[Progress]] = field(repr=False)
    measure: Callable[[FirstAndLast], Measures] = field(repr=False, default=lambda first_and_last: {})

    @property
    def name(self) -> str:
        """The cell's name, safe as a file name."""
        return cell_name(self.row, self.column)


@dataclass(frozen=True)
class CellResult:
    """The result of a cell."""

    row: str
    column: str
    measures: Measures
    curve: Sequence[tuple[int, float]]
    """(iterations, loss) during the run."""
    seconds: float
    picture: Path
    settings: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def title(self) -> str:
        """Row and column, if they have names."""
        return join_names(self.row, self.column)


class ClaimCheck(NamedTuple):
    """A claim of the paper, with the measured values."""

    claim: str
    measured: str
    holds: bool | None
    """Whether the claim holds; None: to be judged by eye."""


def cell_name(row: str, column: str) -> str:
    """Return the name of the result at a row and a column; a long name ends in a hash of itself."""
    name = "-".join(slugify(part) for part in (row, column) if part)
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return f"{name.encode()[:_LONGEST_NAME].decode(errors='ignore')}-{sha256(name.encode()).hexdigest()[:8]}"


def join_names(row: str, column: str) -> str:
    """Return row and column on one line, if they have names."""
    return " · ".join(part for part in (row, column) if part)


def slugify(text: str) -> str:
    """Return the text with everything but letters, digits and a few characters replaced by underscores."""
    return "".join(sign if sign.isalnum() or sign in "._+" else "_" for sign in text)


def file_name_key(text: str) -> str:
    """Return a key that is equal for names of the same file; some systems ignore case."""
    return slugify(text).lower()


def require_distinct(cells: Sequence[ExperimentCell]) -> None:
    """Raise if two cells have the same file name. Raises: InputError."""
    taken: dict[str, ExperimentCell] = {}
    for cell in cells:
        other = taken.setdefault(file_name_key(cell.name), cell)
        if other is not cell:
            one, two = (f"{which.row} {which.column}".strip() for which in (other, cell))
            raise InputError(
                f"{one!r} and {two!r} would have the same file name: rename a picture, or remove one of them."
            )


@dataclass(frozen=True)
class Experiment:
    """One experiment of a paper: its cells and its claims."""

    name: str
    title: str
    source: str
    """Paper, and figure or section."""
    claim: str
    """The paper's claim."""
    cells: Callable[[ExperimentContext], Sequence[ExperimentCell]] = field(repr=False)
    check: Callable[[Sequence[CellResult]], Sequence[ClaimCheck]] = field(repr=False)
    has_sheet_per_row: bool = False
    """Whether each row also has its own contact sheet."""


def results_of_row(results: Sequence[CellResult], row: str) -> list[CellResult]:
    """Return the results of a row, in their order."""
    return [result for result in results if result.row == row]


def is_decreasing(values: Sequence[float]) -> bool:
    """Return whether the values are strictly decreasing."""
    return all(later < earlier for earlier, later in itertools.pairwise(values))


def is_increasing(values: Sequence[float]) -> bool:
    """Return whether the values are strictly increasing."""
    return is_decreasing([-value for value in values])


def format_values(values: Sequence[float], form: str = ".3g") -> str:
    """Return the values formatted on one line."""
    return ", ".join(format(value, form) for value in values)


def format_named_values(values: Mapping[str, float], form: str = ".3g") -> str:
    """Return the values formatted on one line, each with its name."""
    return ", ".join(f"{name} {format(value, form)}" for name, value in values.items())


def measures_by_column(results: Sequence[CellResult], measure: str) -> dict[str, float]:
    """Return a measure by column, for the results that have it."""
    return {one.column: one.measures[measure] for one in results if measure in one.measures}


def pairwise_distances(results: Sequence[CellResult]) -> dict[tuple[str, str], float]:
    """Return the distance between the images of every two columns."""
    images = {one.column: read_image(one.picture).image for one in results}
    return {pair: rms_distance(images[pair[0]], images[pair[1]]) for pair in itertools.combinations(images, 2)}


def seconds_per_iteration(result: CellResult) -> float:
    """Return the seconds per iteration, including the cell's targets and measures."""
    return result.seconds / result.curve[-1][0]
