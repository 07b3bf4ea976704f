"""What an experiment is asked for: enough for any process to set it up again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import torch

from brushwork.experiments.context import FULL_SIZE, ExperimentContext
from brushwork.experiments.experiment import ExperimentCell
from brushwork.experiments.papers import load_experiment
from brushwork.images import read_image
from brushwork.types import Image

BUNDLED_CONTENTS = ("bridge.jpg", "rocket.jpg")
BUNDLED_STYLES = ("auvers.jpg", "great_wave.jpg", "composition_viii.jpg")
"""The first of each are those that most experiments use. Credits: examples/CREDITS.md."""


class CellSource(Hashable, Protocol):
    """Cells that any process can set up: an experiment's, or a sweep's. It travels between processes."""

    @property
    def folder(self) -> Path:
        """Where pictures and records lie."""

    @property
    def device(self) -> str:
        """Where is painted."""

    def make_cells(self) -> Sequence[ExperimentCell]:
        """The cells, in their order; reads the pictures."""


@dataclass(frozen=True)
class ExperimentRequest:
    """What an experiment is asked for."""

    experiment: str
    folder: Path
    contents: tuple[Path, ...] = ()
    """None: those that come with the package."""
    styles: tuple[Path, ...] = ()
    size: int = FULL_SIZE
    is_quick: bool = False
    device: str = "cpu"

    def make_cells(self) -> Sequence[ExperimentCell]:
        """The experiment's cells.

        Raises: InputError: no such experiment, or a picture that cannot be read.
        """
        return load_experiment(self.experiment).cells(self.load_context())

    def load_context(self) -> ExperimentContext:
        """Read the pictures.

        Raises: InputError: one of them cannot be read.
        """
        contents, styles = (
            self.contents or bundled_images(BUNDLED_CONTENTS),
            self.styles or bundled_images(BUNDLED_STYLES),
        )
        device = torch.device(self.device)
        return ExperimentContext(_read(contents, device), _read(styles, device), self.size, self.is_quick, device)


def bundled_images(names: Sequence[str]) -> tuple[Path, ...]:
    """Pictures that come with the package."""
    return tuple(Path(str(files("brushwork.experiments").joinpath("pictures", name))) for name in names)


def _read(paths: Sequence[Path], device: torch.device) -> dict[str, Image]:
    return {path.stem: read_image(path).image.to(device) for path in paths}
