"""Output files of a training: checkpoints, losses, validation images, and the model."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

import torch

from brushwork._version import __version__
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.registry import architecture_name
from brushwork.images import write_image
from brushwork.storage.atomic import explain_write_errors
from brushwork.storage.tensors import remove_file
from brushwork.training.checkpoint import TrainingCheckpoint, load_state_dict, state_dict
from brushwork.training.config import TrainingConfig
from brushwork.training.finished import find_checkpoint
from brushwork.training.history import History
from brushwork.training.task import MODEL, TrainingTask
from brushwork.types import Image


class TrainingWriter:
    """Saves and restores the state of a training."""

    def __init__(self, task: TrainingTask, config: TrainingConfig, scaler: torch.amp.GradScaler, photos: int) -> None:
        """Set up a writer; `scaler` is part of the saved state, `photos` the number of training photographs."""
        self.history = History()
        self._task, self._config, self._scaler, self._photos = task, config, scaler, photos
        self._began = monotonic()

    @property
    def seconds(self) -> float:
        """Seconds spent on training, including before it was resumed."""
        return monotonic() - self._began

    def resume(self) -> int:
        """Load the checkpoint if resuming is requested and one exists, and return the number of completed iterations.

        Raises: InputError: the checkpoint cannot be used, or a validation image of another run cannot be removed.
        """
        config = self._config
        found = find_checkpoint(config)
        if found is None:
            self._remove_images(after=0)
            return 0
        load_state_dict(self._task, found.tensors, dict(found.metadata["task_state"]))
        self._scaler.load_state_dict(found.metadata["scaler"])
        self._began = monotonic() - found.seconds
        self.history = History.read(config.history, found.step)
        self._remove_images(found.step)
        return found.step

    def checkpoint(self, step: int) -> None:
        """Save a checkpoint, unless weights are not finite; then the next iteration raises an error.

        Raises: OSError, InputError: it cannot be written.
        """
        tensors, task_state = state_dict(self._task)
        if not all(one.isfinite().all() for one in tensors.values()):
            return
        metadata = {"task_state": task_state, "scaler": self._scaler.state_dict()}
        checkpoint = TrainingCheckpoint(step, self.seconds, self._config.about, metadata, tensors)
        try:
            self.history.write(self._config.history, self._about(step))
        finally:  # the losses are worth less than the weights
            checkpoint.write(self._config.checkpoint)

    def write_model(self, step: int) -> None:
        """Write the current model.

        Raises: InputError: it cannot be written, or its weights are not finite.
        """
        config, settings = self._config, self._task.model_config
        learned = self._task.networks[MODEL]
        name, architecture = config.name or config.output.stem, architecture_name(settings)
        model = StyleModel(name, architecture, settings, learned, config.style, self._about(step), config.license)
        save_model(model, config.output, overwrite=True)

    def finish(self, step: int) -> None:
        """Write the model and its losses, and remove the checkpoint.

        Raises: InputError: they cannot be written.
        """
        self.history.write(self._config.history, self._about(step))
        self.write_model(step)
        remove_file(self._config.checkpoint)

    def write_image(self, step: int, photos: Image | None, painted: Image) -> Path:
        """Write an image of the stylized validation photographs.

        Raises: InputError, OSError: it cannot be written.
        """
        path = self._image(step)
        path.parent.mkdir(exist_ok=True)
        return write_image(make_sheet(photos, painted), path, overwrite=True)

    def _image(self, step: int) -> Path:
        return self._config.images_folder / f"{step:06}.jpg"

    def _remove_images(self, after: int) -> None:
        """Remove the validation images of later iterations.

        They come from a training that was started over, or that was killed after its last checkpoint.

        Raises: InputError: one cannot be removed.
        """
        for path in self._config.images_folder.glob("*.jpg"):
            number = int(path.stem) if path.stem.isdecimal() else 0
            if number > after and path == self._image(number):
                with explain_write_errors(path):
                    path.unlink(missing_ok=True)

    def _about(self, step: int) -> dict[str, Any]:
        return {
            "brushwork": __version__,
            **self._config.about,
            "iterations_done": step,
            "seconds": round(self.seconds, 1),
            "photographs": self._photos,
            "val_images": dict(self.history.last),
        }


def make_sheet(photos: Image | None, painted: Image) -> Image:
    """Return one image with the photographs in the upper row and their stylized versions below."""
    rows = [painted] if photos is None or photos.shape != painted.shape else [photos, painted]
    return torch.cat([torch.cat(list(row.float().cpu()), dim=-1) for row in rows], dim=-2)[None].clamp(0, 1)
