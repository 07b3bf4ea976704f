"""What an experiment is asked for: enough for any process to set it up again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import torch

from brushwork.lab.cell import Cell
from brushwork.lab.easel import FULL_SIZE, Easel
from brushwork.lab.experiments import experiment
from brushwork.picture import read_picture
from brushwork.types import Image

PHOTOGRAPHS = ("bridge.jpg", "rocket.jpg")
PAINTINGS = ("auvers.jpg", "great_wave.jpg", "composition_viii.jpg")
"""The first of each are those that most experiments use. Credits: examples/CREDITS.md."""


class Asked(Hashable, Protocol):
    """Cells that any process can set up: an experiment's, or a sweep's. It travels between processes."""

    @property
    def folder(self) -> Path:
        """Where pictures and records lie."""

    @property
    def device(self) -> str:
        """Where is painted."""

    def cells(self) -> Sequence[Cell]:
        """The cells, in their order; reads the pictures."""


@dataclass(frozen=True)
class Order:
    """What an experiment is asked for."""

    experiment: str
    folder: Path
    photographs: tuple[Path, ...] = ()
    """None: those that come with the package."""
    paintings: tuple[Path, ...] = ()
    size: int = FULL_SIZE
    quick: bool = False
    device: str = "cpu"

    def cells(self) -> Sequence[Cell]:
        """The experiment's cells.

        Raises: InputError: no such experiment, or a picture that cannot be read.
        """
        return experiment(self.experiment).cells(self.easel())

    def easel(self) -> Easel:
        """Read the pictures.

        Raises: InputError: one of them cannot be read.
        """
        photographs, paintings = self.photographs or bundled(PHOTOGRAPHS), self.paintings or bundled(PAINTINGS)
        device = torch.device(self.device)
        return Easel(_read(photographs, device), _read(paintings, device), self.size, self.quick, device)


def bundled(names: Sequence[str]) -> tuple[Path, ...]:
    """Pictures that come with the package."""
    return tuple(Path(str(files("brushwork.lab").joinpath("pictures", name))) for name in names)


def _read(paths: Sequence[Path], device: torch.device) -> dict[str, Image]:
    return {path.stem: read_picture(path).image.to(device) for path in paths}
