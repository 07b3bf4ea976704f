"""A painter: a network that has learned a style, in a file that says all about it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor, nn

from brushwork.errors import InputError
from brushwork.fast.architectures import build_network, config_from_json, config_to_json
from brushwork.fast.shelf import ENDING as ENDING
from brushwork.fast.shelf import find_model_file
from brushwork.perception.opened import open_tensors
from brushwork.picture.destination import atomic_write

ENTRY = "brushwork painter"
"""Name of the metadata's entry."""


@dataclass(frozen=True)
class StyleModel:
    """A network, and what a person should know of it."""

    name: str
    architecture: str
    """Name in `ARCHITECTURES`."""
    config: Any
    """The architecture's settings."""
    network: nn.Module = field(repr=False)
    """From pictures in [0, 1] to pictures nominally in [0, 1], not clipped."""
    style: bytes | None = field(default=None, repr=False)
    """A thumbnail of what it learned from, as a JPEG or PNG file."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """How it was trained, for JSON."""
    license: str = ""
    """Of the weights."""


def save_model(model: StyleModel, path: Path, half: bool = True, *, overwrite: bool = False) -> None:
    """Write a painter into a safetensors file, as a whole or not at all; `half`: its numbers in float16.

    Raises: InputError: it cannot be written, is there and may not be overwritten, or has numbers that are not finite.
    """
    tensors = {name: _packed(name, one, half) for name, one in model.network.state_dict().items()}
    story = {
        "name": model.name,
        "architecture": model.architecture,
        "settings": config_to_json(model.config),
        "style": None if model.style is None else b64encode(model.style).decode(),
        "record": dict(model.provenance),
        "license": model.license,
    }
    with atomic_write(path, overwrite=overwrite) as temporary:
        # As bytes: safetensors itself writes files that nobody else may read.
        temporary.write_bytes(save(tensors, {ENTRY: json.dumps(story)}))


def load_model(source: str | Path) -> StyleModel:
    """A painter in float32 on the CPU, by the path of its file, or its name (see `find_model_file`).

    Raises: InputError: missing, damaged, no painter, an unknown architecture, or tensors that do not fit it.
    """
    path = find_model_file(source)
    try:
        with open_tensors(path) as file:
            told = (file.metadata() or {}).get(ENTRY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing: check the name and the folder.") from error
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} is damaged, or no safetensors file ({error}).") from error
    if told is None:
        raise InputError(f"{path} is no painter: it must be written by `brushwork train`.")
    try:
        return _model(json.loads(told), tensors)
    except InputError as error:
        raise InputError(f"{path} cannot be used: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is no painter, or damaged ({error!r}).") from error


def _packed(name: str, tensor: Tensor, half: bool) -> Tensor:
    """Ready for the file."""
    own = tensor.detach().cpu().contiguous()
    if not own.is_floating_point():
        return own
    packed = own.to(torch.float16 if half else torch.float32)
    if not packed.isfinite().all():
        raise InputError(f"the painter's {name} holds numbers that are not finite{' in float16' if half else ''}.")
    return packed


def _model(story: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> StyleModel:
    settings = config_from_json(story["architecture"], story["settings"])
    with torch.device("meta"):  # what the file asks for is not made before it is known to fit
        _require_fitting(build_network(settings).state_dict(), tensors)
    network = build_network(settings)
    network.load_state_dict(dict(tensors))
    style = None if story["style"] is None else b64decode(story["style"])
    return StyleModel(
        story["name"], story["architecture"], settings, network.eval(), style, story["record"], story["license"]
    )


def _require_fitting(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    strange = sorted(wanted.keys() ^ given.keys())
    if strange:
        what = "lacks" if strange[0] in wanted else "has a foreign"
        raise InputError(f"the file {what} tensor {strange[0]!r}: it belongs to another architecture or version.")
    for name, tensor in wanted.items():
        if tensor.shape != given[name].shape:
            raise InputError(
                f"{name} is {list(given[name].shape)} in the file, and {list(tensor.shape)} in its network."
            )
