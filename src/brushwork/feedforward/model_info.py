"""Summaries of model files, read without their tensors."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from brushwork.feedforward.networks.registry import config_from_json
from brushwork.feedforward.networks.spec import ModelSpec
from brushwork.storage.folders import PathInput, expand_user
from brushwork.storage.tensors import explain_read_errors, open_tensors

ENTRY = "brushwork model"
"""Name of the metadata entry of model files."""

MODEL_FILE = "a model as `brushwork train` writes them"


@dataclass(frozen=True)
class ModelInfo:
    """Summary of a model for listings."""

    path: Path
    name: str
    architecture: str
    settings: Mapping[str, Any]
    license: str
    parameters: int
    """Number of parameters of the network."""
    nbytes: int
    """Size of the file in bytes."""
    style: bytes | None = field(repr=False)
    """Thumbnail of the style, as the bytes of a JPEG or PNG file."""
    provenance: Mapping[str, Any] = field(repr=False)
    """Description of the training."""

    @property
    def spec(self) -> ModelSpec:
        """Purposes of the network.

        Raises: InputError: the architecture is unknown, or does not have these settings.
        """
        return config_from_json(self.architecture, self.settings).spec


def read_model_info(path: PathInput) -> ModelInfo:
    """Return the summary of a model file.

    Raises: InputError: the file is missing, damaged, or not a model.
    """
    path = expand_user(path)
    with explain_read_errors(path, MODEL_FILE):
        size = path.stat().st_size
        with open_tensors(path) as file:
            entries = json.loads((file.metadata() or {})[ENTRY])
            parameters = sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
        return _label(path, entries, parameters, size)


def _label(path: Path, entries: Mapping[str, Any], parameters: int, size: int) -> ModelInfo:
    return ModelInfo(
        path=path,
        name=str(entries["name"]),
        architecture=str(entries["architecture"]),
        settings=dict(entries["settings"]),
        license=str(entries["license"]),
        parameters=parameters,
        nbytes=size,
        style=None if entries["style"] is None else b64decode(entries["style"]),
        provenance=dict(entries["provenance"]),
    )
