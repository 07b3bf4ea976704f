"""Style models, and reading and writing their files."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from brushwork.errors import InputError, require_type
from brushwork.feedforward.model_info import ENTRY, MODEL_FILE
from brushwork.feedforward.model_lookup import find_model_file, list_models
from brushwork.feedforward.networks.registry import build_network, config_from_json, config_to_json
from brushwork.feedforward.networks.spec import ModelConfig, ModelSpec
from brushwork.storage.atomic import atomic_write
from brushwork.storage.folders import PathInput, require_path
from brushwork.storage.hashing import find_unchanged, tensors_sha256
from brushwork.storage.tensors import explain_read_errors, read_tensors, write_tensors

_LARGEST_WORD = 64
"""Maximum that integer settings may always have, however small the network is."""


@dataclass(frozen=True)
class StyleModel:
    """A style model: a network with its metadata."""

    name: str
    architecture: str
    """Name in `ARCHITECTURES`."""
    config: ModelConfig
    """Configuration of the architecture."""
    network: nn.Module = field(repr=False)
    """Network from images in [0, 1] to images nominally in [0, 1], not clipped."""
    style: bytes | None = field(default=None, repr=False)
    """Thumbnail of the style, as the bytes of a JPEG or PNG file."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Description of the training, for JSON."""
    license: str = ""
    """License of the weights."""

    @property
    def spec(self) -> ModelSpec:
        """Purposes of the network, and the images that it takes."""
        return self.config.spec

    def to(self, device: torch.device | str) -> StyleModel:
        """Return the model with its network on a device, without gradients."""
        return replace(self, network=self.network.to(device).requires_grad_(False))


def save_model(model: StyleModel, path: PathInput, half: bool = True, *, overwrite: bool = False) -> None:
    """Write a model to a safetensors file, atomically; with `half`, its numbers are stored in float16.

    Raises: InputError: it cannot be written, exists and may not be overwritten, or has numbers that are not finite.
    """
    require_type("the model", model, StyleModel, "a StyleModel, such as load_model returns")
    tensors = {name: _pack(name, one, half) for name, one in model.network.state_dict().items()}
    entries = {
        "name": model.name,
        "architecture": model.architecture,
        "settings": config_to_json(model.config),
        "style": None if model.style is None else b64encode(model.style).decode(),
        "provenance": dict(model.provenance),
        "license": model.license,
    }
    with atomic_write(require_path(path, "the output"), overwrite=overwrite) as temporary:
        write_tensors(temporary, tensors, {ENTRY: json.dumps(entries)})


@torch.inference_mode(False)
def load_model(source: PathInput) -> StyleModel:
    """Return a model in float32 on the CPU, given the path of its file or its name (see `find_model_file`).

    Raises: InputError: a file that is missing, damaged or not a model, an unknown architecture, or tensors that do not
    fit it.
    """
    path = find_model_file(source)
    with explain_read_errors(path, MODEL_FILE):
        tensors, metadata = read_tensors(path)
        entries = json.loads(metadata[ENTRY])
        try:
            return _model(entries, tensors)
        except InputError as error:
            raise InputError(f"{path} cannot be used: {error}") from error


def _pack(name: str, tensor: Tensor, half: bool) -> Tensor:
    """Return the tensor as stored in the file."""
    if not tensor.is_floating_point():
        return tensor
    packed = tensor.detach().to(torch.float16 if half else torch.float32)
    if not packed.isfinite().all():
        raise InputError(f"the model's {name} holds numbers that are not finite{' in float16' if half else ''}.")
    return packed


def _model(entries: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> StyleModel:
    _require_words(entries)
    settings = config_from_json(entries["architecture"], entries["settings"])
    _require_within(settings, tensors)
    with torch.device("meta"):  # do not allocate the file's architecture before its tensors are known to fit
        _require_fitting(build_network(settings).state_dict(), tensors)
    network = build_network(settings)
    network.load_state_dict(dict(tensors))
    style = None if entries["style"] is None else b64decode(entries["style"])
    return StyleModel(
        name=entries["name"],
        architecture=entries["architecture"],
        config=settings,
        network=network.eval(),
        style=style,
        provenance=entries["provenance"],
        license=entries["license"],
    )


def _require_words(entries: Mapping[str, Any]) -> None:
    kinds: dict[str, Any] = {"name": str, "architecture": str, "settings": dict, "provenance": dict, "license": str}
    for name, kind in {**kinds, "style": str | None}.items():
        if not isinstance(entries[name], kind):
            raise InputError(f"its {name} is {entries[name]!r}.")


def _require_within(settings: Any, tensors: Mapping[str, Tensor]) -> None:
    """Raise for settings of a larger network than the file can hold, before building it."""
    most = max(_LARGEST_WORD, len(tensors), *(side for one in tensors.values() for side in one.shape))
    for name, value in config_to_json(settings).items():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, int) and not 0 <= one <= most:
                raise InputError(
                    f"{name} is {one}, too large for a file with {len(tensors)} tensors and no side above {most}."
                )


def _require_fitting(requested: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    strange = sorted(requested.keys() ^ given.keys())
    if strange:
        what = "lacks" if strange[0] in requested else "has an unknown"
        raise InputError(f"the file {what} tensor {strange[0]!r}: it belongs to another architecture or version.")
    for name, tensor in requested.items():
        if not given[name].isfinite().all():
            raise InputError(f"{name} holds numbers that are not finite.")
        if tensor.shape != given[name].shape:
            raise InputError(
                f"{name} is {list(given[name].shape)} in the file, and {list(tensor.shape)} in its network."
            )


def find_same_model(given: str, folder: Path, weights: str) -> str:
    """Return the name of the model with these weights, if it has a known name, or else its file.

    The search covers the given path, the folder, and the name. `weights` is the hash of the weights.

    Raises: InputError: the model is missing or has changed.
    """
    known, named = list_models(), Path(given)
    places = (named, folder / named, folder / named.name, known.get(str(named), known.get(named.stem, named)))
    found = find_unchanged(places, lambda file: tensors_sha256(load_model(file).network.state_dict()), weights)
    if found is None:
        raise InputError(f"the model {named} is missing: put its file into {folder}, or into the current folder.")
    return next((name for name, file in known.items() if file == found), str(found))
