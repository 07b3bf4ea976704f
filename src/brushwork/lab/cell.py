"""What an experiment is made of: cells to paint, what was measured of each, and what the paper claims about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from brushwork.recipes import Progress


class FirstAndLast(NamedTuple):
    """The first and the last step of a painting."""

    first: Progress
    last: Progress


Measures: TypeAlias = Mapping[str, float]
"""What was measured of a picture, by name."""


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
