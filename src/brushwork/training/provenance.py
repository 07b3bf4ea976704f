"""Description of a training, stored in the model file and compared on resume; it holds no local paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from brushwork.feedforward.model import StyleModel
from brushwork.storage.folders import expand_user
from brushwork.storage.hashing import file_sha256
from brushwork.training.dataset import list_photos
from brushwork.training.options import TrainingOptions

_MACHINE = ("engine", "cuda_graphs")
"""Options that affect only rounding."""


def describe_training(
    family: str,
    options: TrainingOptions,
    *,
    styles: Sequence[Path] = (),
    photos: Path | None = None,
    init: StyleModel | None = None,
) -> dict[str, Any]:
    """Describe a training for JSON: the model family, the options, and hashes of the training data.

    Raises: InputError: a file or folder does not exist.
    """
    settings = {name: value for name, value in asdict(options).items() if name not in _MACHINE}
    description = {
        "family": family,
        "styles": [{"name": one.name, "sha256": file_sha256(expand_user(one))} for one in styles],
        "photographs_sha256": None if photos is None else hash_names(photos),
        "options": settings,
    }
    return description if init is None else {**description, "from": init.name}


def hash_names(folder: Path) -> str:
    """Return the sha256 of the names of a folder's images, which identifies the photographs and their order."""
    names = [str(one.relative_to(expand_user(folder))) for one in list_photos(folder).images]
    return sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()
