"""What a painter's file says of it, read without its network."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from brushwork.errors import InputError
from brushwork.fast.painter import ENTRY
from brushwork.perception.opened import open_tensors


@dataclass(frozen=True)
class ModelInfo:
    """A painter as a shelf shows it."""

    path: Path
    name: str
    architecture: str
    settings: Mapping[str, Any]
    license: str
    parameters: int
    """Numbers in its network."""
    nbytes: int
    """Of its file."""
    style: bytes | None = field(repr=False)
    """A thumbnail of what it learned from, as a JPEG or PNG file."""
    record: Mapping[str, Any] = field(repr=False)
    """How it was trained."""


def read_model_info(path: Path) -> ModelInfo:
    """What the file of a painter says.

    Raises: InputError: missing, damaged, or no painter.
    """
    try:
        size = path.stat().st_size
        with open_tensors(path) as file:
            told = (file.metadata() or {})[ENTRY]
            parameters = sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
        return _label(path, json.loads(told), parameters, size)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}): check the name and the folder."
        ) from error
    except SafetensorError as error:
        raise InputError(f"{path} is damaged, or no safetensors file ({error}).") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is no painter, or damaged ({error!r}).") from error


def _label(path: Path, story: Mapping[str, Any], parameters: int, size: int) -> ModelInfo:
    return ModelInfo(
        path=path,
        name=str(story["name"]),
        architecture=str(story["architecture"]),
        settings=dict(story["settings"]),
        license=str(story["license"]),
        parameters=parameters,
        nbytes=size,
        style=None if story["style"] is None else b64decode(story["style"]),
        record=dict(story["record"]),
    )
