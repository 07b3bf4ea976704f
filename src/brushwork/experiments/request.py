"""Requests for experiments, from which any process can build the cells."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import chain, count
from pathlib import Path
from typing import Protocol

import torch

from brushwork.choices import Precision
from brushwork.errors import InputError
from brushwork.experiments.context import FULL_SIZE, ExperimentContext
from brushwork.experiments.experiment import ExperimentCell, file_name_key, require_distinct
from brushwork.experiments.papers import load_experiment
from brushwork.images import read_image
from brushwork.types import Image

BUNDLED_CONTENTS = ("bridge.jpg", "rocket.jpg")
BUNDLED_STYLES = ("auvers.jpg", "great_wave.jpg", "composition_viii.jpg")
"""Bundled images; most experiments use the first of each kind. Credits: examples/CREDITS.md."""


class CellSource(Hashable, Protocol):
    """The source of an experiment's or sweep's cells, sent between processes; each process can build the cells."""

    @property
    def folder(self) -> Path:
        """Folder of the images and records."""

    @property
    def device(self) -> str:
        """The device to compute on."""

    def make_cells(self) -> Sequence[ExperimentCell]:
        """Read the images and return the cells, in order."""


@dataclass(frozen=True)
class ExperimentRequest:
    """A request for one experiment."""

    experiment: str
    folder: Path
    contents: tuple[Path, ...] = ()
    """Content images; empty: those of the package."""
    styles: tuple[Path, ...] = ()
    size: int = FULL_SIZE
    is_quick: bool = False
    device: str = "cpu"
    precision: Precision = "auto"

    def make_cells(self) -> Sequence[ExperimentCell]:
        """Return the experiment's cells; their settings name the precision if one was requested.

        Raises: InputError: there is no such experiment, an image cannot be read, or two cells have the same name.
        """
        cells = load_experiment(self.experiment).cells(self.load_context())
        require_distinct(cells)
        if self.precision == "auto":
            return cells
        return [replace(cell, settings={**cell.settings, "precision": self.precision}) for cell in cells]

    def load_context(self) -> ExperimentContext:
        """Read the images.

        Raises: InputError: an image cannot be read, or the first content image is the first style image.
        """
        contents, styles = (
            self.contents or bundled_images(BUNDLED_CONTENTS),
            self.styles or bundled_images(BUNDLED_STYLES),
        )
        device = torch.device(self.device)
        images = _read(contents, device), _read(styles, device)
        context = ExperimentContext(*images, self.size, self.is_quick, device, self.precision)
        if torch.equal(context.content, context.style):
            raise InputError(
                f"{contents[0]} and {styles[0]} are the same image: an experiment needs a style image "
                "that differs from the content image (--style)."
            )
        return context


def bundled_images(names: Sequence[str]) -> tuple[Path, ...]:
    """Return the paths of images bundled with the package."""
    return tuple(Path(str(files("brushwork.experiments").joinpath("pictures", name))) for name in names)


def _read(paths: Sequence[Path], device: torch.device) -> dict[str, Image]:
    """Return the images by name; of names that make equal file names, all but the first get a number."""
    images: dict[str, Image] = {}
    for path in paths:
        names = chain([path.stem], (f"{path.stem} {number}" for number in count(2)))
        taken = {file_name_key(name) for name in images}
        name = next(name for name in names if file_name_key(name) not in taken)
        images[name] = read_image(path).image.to(device)
    return images
