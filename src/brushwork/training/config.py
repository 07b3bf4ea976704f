"""What a training is asked for: from files to a painter's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brushwork.errors import InputError
from brushwork.feedforward.model import ENDING
from brushwork.training.options import TrainingOptions


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a lesson is taught, and where what comes of it goes."""

    options: TrainingOptions
    output: Path
    """The painter's file."""
    photos: Path | None
    """Folder to learn from; None: the lesson wants none."""
    photo_size: int = 480
    """Pixels of a photograph's short side, at most, as it is learned from."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What is learned and how, for JSON: goes into the painter's record, and must agree when a training goes on."""
    style: bytes | None = field(default=None, repr=False)
    """Thumbnail of the style, a JPEG or PNG file."""
    name: str = ""
    """The painter's; empty: that of its file."""
    license: str = ""
    overwrite: bool = False
    resume: bool = False
    checkpoint_every: float = 60.0
    """Seconds."""

    @property
    def checkpoint(self) -> Path:
        """Where an unfinished training is kept."""
        return self.output.with_name(f"{self.output.name}.checkpoint")

    @property
    def history(self) -> Path:
        """Where the losses are kept."""
        return self.output.with_suffix(".json")

    @property
    def images_folder(self) -> Path:
        """The folder of validation pictures."""
        return self.output.with_name(f"{self.output.stem}-validation")

    def require_output(self) -> None:
        """Refuse a place where the painter could not be written in the end.

        Raises: InputError.
        """
        if self.output.suffix != ENDING:
            raise InputError(f"the painter is to be {self.output}: its name must end in {ENDING}.")
        if not self.output.parent.is_dir():
            raise InputError(f"the folder {self.output.parent} does not exist: make it first (mkdir -p).")
        if self.overwrite or self.resume:
            return
        for one in (self.output, self.checkpoint, self.history):
            if one.exists():
                raise InputError(
                    f"{one} is there already: choose another name with -o, go on with --resume, or overwrite with "
                    "--force."
                )
