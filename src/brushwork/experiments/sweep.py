"""Sweeps: one photograph painted small with every combination of some settings, for choosing among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from brushwork.controls import RecipeInputs, StyleFile
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.experiment import (
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    cell_name,
    require_distinct,
)
from brushwork.experiments.measures import sum_losses
from brushwork.images import read_image
from brushwork.options import Extent
from brushwork.recipes import TransferOptions, load_preset
from brushwork.storage.file_names import STYLE_ENDING, to_command_line, to_readable
from brushwork.storage.pipes import require_no_pipe
from brushwork.types import Image


class SweepChoice(NamedTuple):
    """One combination: its place in the grid, and its options."""

    row: str
    column: str
    options: TransferOptions
    preset: str
    """The preset named in the printed command."""
    styles: tuple[Path, ...]


@dataclass(frozen=True)
class Sweep:
    """A request for a sweep: a photograph, and the choices."""

    folder: Path
    content: Path
    choices: tuple[SweepChoice, ...]
    init: Path | None = None
    """Initial picture, in place of the starting point in the options."""
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Raises: InputError: a path is a pipe, but the page names it in commands, and other processes read it."""
        styles = dict.fromkeys(path for one in self.choices for path in one.styles)
        for path in (self.content, *styles, *(() if self.init is None else (self.init,))):
            require_no_pipe(path)

    def make_cells(self) -> Sequence[ExperimentCell]:
        """Return a cell for each choice.

        Raises: InputError: unusable picture, network or layer, or two cells with the same name.
        """
        device = torch.device(self.device)
        context, content = ExperimentContext({}, {}, device=device), _picture(self.content, device)
        init = None if self.init is None else _picture(self.init, device)
        styles = {path: _style(path, device) for one in self.choices for path in one.styles}
        cells = [
            _cell(context, one, RecipeInputs(content, tuple(styles[path] for path in one.styles), init))
            for one in self.choices
        ]
        require_distinct(cells)
        for one in self.choices:
            _require_layers(context, one.options)
        return cells

    def inputs(self) -> list[tuple[str, Image]]:
        """Return the photograph and the paintings with their names, without style files, which have no image."""
        paths = dict.fromkeys(
            path for one in self.choices for path in one.styles if path.suffix.lower() != STYLE_ENDING
        )
        return [(path.name, read_image(path).image) for path in (self.content, *paths)]

    def commands(self, size: Extent | Literal["as painted"] | None = None) -> dict[tuple[str, str], str]:
        """Return row and column → the command that paints the choice at a size, its own size, or its preset's."""
        return {(one.row, one.column): self._command(one, size) for one in self.choices}

    def _command(self, choice: SweepChoice, size: Extent | Literal["as painted"] | None) -> str:
        base = load_preset(choice.preset)
        options = choice.options
        if size != "as painted":
            options = replace(options, size=base.size if size is None else size)
        named = () if choice.preset == "default" else ("--preset", choice.preset)
        init = () if self.init is None else ("--init", str(self.init))
        paths = map(_plain, (self.content, *choice.styles))
        output = ("-o", f"{cell_name(choice.row, choice.column)}.png")  # commands of two cells do not collide
        return to_command_line(["brushwork", "paint", *paths, *named, *init, *_flags(options, base), *output])


def as_experiment(sweep: Sweep, varied: Sequence[str]) -> Experiment:
    """Return a sweep as an experiment without claims, for its report."""
    names = ", ".join(varied)
    return Experiment(
        name="sweep",
        title=f"{sweep.content.name}: {names}",
        source=f"{len(sweep.choices)} pictures, every combination of {names}; open a picture to see its command",
        claim="",
        cells=lambda _: sweep.make_cells(),
        check=lambda _: [],
    )


def combine_variations(varied: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the row, column and values of every combination of varied settings, given as name → written value → value.

    The last setting varies along the columns, all others down the rows.
    """
    *others, last = varied
    for values in product(*(varied[name].items() for name in (*others, last))):
        chosen = dict(zip((*others, last), values, strict=True))
        shown = {name: f"{name.replace('_', '-')} {to_readable(written)}" for name, (written, _) in chosen.items()}
        column = shown.pop(last)
        yield ", ".join(shown.values()), column, {name: value for name, (_, value) in chosen.items()}


def _cell(context: ExperimentContext, choice: SweepChoice, images: RecipeInputs) -> ExperimentCell:
    settings, paint = context.settings(choice.options, images), context.recipe(choice.options, images)
    return ExperimentCell(choice.row, choice.column, settings, paint, _measure)


def _measure(first_and_last: FirstAndLast) -> Measures:
    """Return the weighted losses, which are comparable if the weights are the same."""
    return {
        "loss": float(first_and_last.last.step.losses.total),
        "content": sum_losses(first_and_last.last, "content:"),
        "style": sum_losses(first_and_last.last, "style:"),
    }


def _require_layers(context: ExperimentContext, options: TransferOptions) -> None:
    """Load the network and raise for layers that it lacks, before anything is painted."""
    encoder = context.encoder(options)
    for layer in (*options.content_layers, *options.style_layers):
        encoder.layer(layer)


def _flags(options: TransferOptions, base: TransferOptions) -> Iterator[str]:
    """Yield the flags of the options in which a recipe differs from its preset."""
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
    """Return the path in a form that is not taken for a flag."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _style(path: Path, device: torch.device) -> Image | StyleFile:
    """Return a style image, or a style file."""
    return StyleFile.read(path).to(device) if path.suffix.lower() == STYLE_ENDING else _picture(path, device)


def _picture(path: Path, device: torch.device) -> Image:
    return read_image(path).image.to(device)
