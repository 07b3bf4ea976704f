"""Configuration of a training: its inputs, options and output files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from brushwork.errors import InputError, require_type
from brushwork.options import require_interval
from brushwork.storage.file_names import CHECKPOINT_ENDING, MODEL_ENDING
from brushwork.storage.folders import expand_user
from brushwork.storage.tensors import require_short_name
from brushwork.training.options import TrainingOptions

_PHOTO_SIZE = 480


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a task is trained, and where its results go."""

    options: TrainingOptions
    output: Path
    """Path of the model file."""
    photos: Path | None = None
    """Folder of training photographs; None if the task uses none."""
    styles: tuple[Path, ...] = ()
    """The style images."""
    init: str = ""
    """File or name of a model to initialize from; empty: none."""
    targets: Path | None = None
    """Folder for the target images, which are optimized before training; None: beside the model."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Description of the training, for JSON: stored in the model file, and compared when training resumes."""
    style: bytes | None = field(default=None, repr=False)
    """Thumbnail of the style, as the bytes of a JPEG or PNG file."""
    name: str = ""
    """Name of the model; empty: the name of its file."""
    license: str = ""
    overwrite: bool = False
    resume: bool = False
    checkpoint_every: float | None = 60.0
    """Seconds between checkpoints; None: only when interrupted."""

    def __post_init__(self) -> None:
        require_interval(self.checkpoint_every)
        for what in ("init", "name", "license"):
            require_type(what, getattr(self, what), str, "text")

    @property
    def photo_size(self) -> int:
        """Maximum short side of a training photograph, in pixels."""
        return int(getattr(self.options, "photo_size", _PHOTO_SIZE))

    @property
    def style_names(self) -> tuple[str, ...]:
        """Names of the styles: the file names of the style images."""
        return tuple(one.stem for one in self.styles)

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint of an unfinished training."""
        return self.output.with_name(self.output.name + CHECKPOINT_ENDING)

    @property
    def history(self) -> Path:
        """Path of the loss history."""
        return self.output.with_suffix(".json")

    @property
    def targets_folder(self) -> Path:
        """Folder of the target images, which are optimized before training."""
        return self.targets or self.output.with_name(f"{self.output.stem}-targets")

    @property
    def images_folder(self) -> Path:
        """Folder of validation images."""
        return self.output.with_name(f"{self.output.stem}-validation")

    def require_outside_photos(self, path: Path) -> None:
        """Raise if a picture or folder to be written would later be found among the photographs.

        Raises: InputError.
        """
        if self.photos is not None and expand_user(self.photos).resolve() in expand_user(path).resolve().parents:
            raise InputError(
                f"{path} would lie in the folder of photographs, {self.photos}, and be one of them when the training "
                "is resumed: choose another folder."
            )

    def require_output(self) -> None:
        """Raise, before training, if the model could not be written to its output path.

        Raises: InputError.
        """
        if self.output.suffix != MODEL_ENDING:
            raise InputError(f"the output is {self.output}: its name must end in {MODEL_ENDING}.")
        if not self.output.parent.is_dir():
            raise InputError(f"the folder {self.output.parent} does not exist: create it first (mkdir -p).")
        require_short_name(self.checkpoint)
        self.require_outside_photos(self.images_folder)
        self.require_outside_photos(self.targets_folder)
        if self.overwrite or self.resume:
            return
        for one in (self.output, self.checkpoint, self.history):
            if one.exists():
                raise InputError(
                    f"{one} already exists: choose another name with -o, continue with --resume, or overwrite with "
                    "--force."
                )
