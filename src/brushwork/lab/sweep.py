"""Sweeps: one photograph painted with every combination of some settings, small, to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from brushwork.errors import InputError
from brushwork.folders import expanded
from brushwork.lab.cell import Cell, Ends, Figures, cell_name
from brushwork.lab.easel import Easel
from brushwork.lab.experiment import Experiment
from brushwork.lab.figures import part_of_loss
from brushwork.names import command_line, readable
from brushwork.picture import read_picture
from brushwork.pipes import require_no_pipe
from brushwork.recipes import KeptStyle, Pictures, Transfer, preset
from brushwork.recipes.kept_style import ENDING
from brushwork.recipes.options import Extent
from brushwork.types import Image


class Choice(NamedTuple):
    """One combination: where it stands in the grid, and how it is painted."""

    row: str
    column: str
    options: Transfer
    preset: str
    """The preset that the printed command names."""
    paintings: tuple[Path, ...]


@dataclass(frozen=True)
class Sweep:
    """What is asked for: a photograph, and the choices."""

    folder: Path
    photograph: Path
    choices: tuple[Choice, ...]
    start: Path | None = None
    """A picture to begin with, instead of the starting point that the options name."""
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Raises: InputError: a pipe; the page names it in commands, and other processes read it."""
        paintings = dict.fromkeys(path for one in self.choices for path in one.paintings)
        for path in (self.photograph, *paintings, *(() if self.start is None else (self.start,))):
            require_no_pipe(path)

    def cells(self) -> Sequence[Cell]:
        """One cell for each choice.

        Raises: InputError: a picture, a network or a layer that cannot be used, or two cells of one name.
        """
        device = torch.device(self.device)
        easel, photograph = Easel({}, {}, device=device), _picture(self.photograph, device)
        start = None if self.start is None else _picture(self.start, device)
        paintings = {path: _painting(path, device) for one in self.choices for path in one.paintings}
        cells = [
            _cell(easel, one, Pictures(photograph, tuple(paintings[path] for path in one.paintings), start))
            for one in self.choices
        ]
        _require_distinct(cells)
        for one in self.choices:
            _require_taps(easel, one.options)
        return cells

    def given(self) -> list[tuple[str, Image]]:
        """The photograph and the paintings with their names; of kept styles there is nothing to see."""
        paths = dict.fromkeys(path for one in self.choices for path in one.paintings if path.suffix.lower() != ENDING)
        return [(path.name, read_picture(path).image) for path in (self.photograph, *paths)]

    def commands(self, size: Extent | Literal["as painted"] | None = None) -> dict[tuple[str, str], str]:
        """Row and column → the command that paints this choice, at a size, its own one, or that of its preset."""
        return {(one.row, one.column): self._command(one, size) for one in self.choices}

    def _command(self, choice: Choice, size: Extent | Literal["as painted"] | None) -> str:
        base = preset(choice.preset)
        options = choice.options
        if size != "as painted":
            options = replace(options, size=base.size if size is None else size)
        named = () if choice.preset == "default" else ("--preset", choice.preset)
        start = () if self.start is None else ("--start", str(self.start))
        paths = map(_plain, (self.photograph, *choice.paintings))
        output = ("-o", f"{cell_name(choice.row, choice.column)}.png")  # commands of two cells do not collide
        return command_line(["brushwork", "paint", *paths, *named, *start, *_flags(options, base), *output])


def described(sweep: Sweep, varied: Sequence[str]) -> Experiment:
    """A sweep as an experiment without claims, for its report."""
    names = ", ".join(varied)
    return Experiment(
        name="sweep",
        title=f"{sweep.photograph.name}: {names}",
        source=f"{len(sweep.choices)} pictures, every combination of {names}; a picture that is opened has its command",
        claim="",
        cells=lambda _: sweep.cells(),
        check=lambda _: [],
    )


def combined(varied: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every combination of varied settings, name → written value → value: its row, its column, and the values.

    What was named last runs along the columns, all else down the rows.
    """
    *others, last = varied
    for values in product(*(varied[name].items() for name in (*others, last))):
        chosen = dict(zip((*others, last), values, strict=True))
        shown = {name: f"{name.replace('_', '-')} {readable(written)}" for name, (written, _) in chosen.items()}
        column = shown.pop(last)
        yield ", ".join(shown.values()), column, {name: value for name, (_, value) in chosen.items()}


def _cell(easel: Easel, choice: Choice, pictures: Pictures) -> Cell:
    settings, paint = easel.settings(choice.options, pictures), easel.recipe(choice.options, pictures)
    return Cell(choice.row, choice.column, settings, paint, _measure)


def _measure(ends: Ends) -> Figures:
    """The losses as they are weighted: comparable where the weights are the same."""
    return {
        "loss": float(ends.last.step.losses.total),
        "content": part_of_loss(ends.last, "content:"),
        "style": part_of_loss(ends.last, "style:"),
    }


def _require_distinct(cells: Sequence[Cell]) -> None:
    """Names are files: some systems do not tell capitals from small letters."""
    taken: dict[str, Cell] = {}
    for cell in cells:
        other = taken.setdefault(cell.name.lower(), cell)
        if other is not cell:
            one, two = (f"{which.row} {which.column}".strip() for which in (other, cell))
            raise InputError(f"{one!r} and {two!r} would be one file: rename a picture, or leave one of them out.")


def _require_taps(easel: Easel, options: Transfer) -> None:
    """Load the network, and find what is asked of it: before anything is painted."""
    encoder = easel.encoder(options)
    for layer in (*options.content_layers, *options.style_layers):
        encoder.tap(layer)


def _flags(options: Transfer, base: Transfer) -> Iterator[str]:
    """The options in which a recipe departs from its preset."""
    for field in fields(options):
        value = getattr(options, field.name)
        if value != getattr(base, field.name):
            yield from _flag(field.name.replace("_", "-"), value)


def _flag(name: str, value: Any) -> tuple[str, ...]:
    match value:
        case bool():
            return (f"--{name}" if value else f"--no-{name}",)
        case tuple():
            return (f"--{name}", ",".join(map(str, value)))
    return (f"--{name}", str(value))


def _plain(path: Path) -> str:
    """A path that is not taken for a flag."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _painting(path: Path, device: torch.device) -> Image | KeptStyle:
    """A painting, or the style that was kept of one."""
    return KeptStyle.read(expanded(path)).to(device) if path.suffix.lower() == ENDING else _picture(path, device)


def _picture(path: Path, device: torch.device) -> Image:
    return read_picture(path).image.to(device)
