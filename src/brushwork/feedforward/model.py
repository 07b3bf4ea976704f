"""Style model files: reading, writing, metadata, and lookup by name."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from brushwork.errors import InputError, suggest_names
from brushwork.feedforward.networks.registry import build_network, config_from_json, config_to_json
from brushwork.feedforward.networks.spec import ModelConfig, ModelSpec
from brushwork.storage.atomic import atomic_write
from brushwork.storage.file_names import MODEL_ENDING
from brushwork.storage.folders import PathInput, expand_user, user_data
from brushwork.storage.hashing import find_unchanged, tensors_sha256
from brushwork.storage.tensors import explain_read_errors, open_tensors, read_tensors, write_tensors

_ENTRY = "brushwork model"
"""Name of the metadata entry."""

_KIND = "a model as `brushwork train` writes them"

_LARGEST_WORD = 64
"""What settings may count to, however small their network is."""


BUNDLED_MODELS = Path(str(files("brushwork"))) / "feedforward" / "models"
"""Folder of the models shipped with the package: NAME.safetensors."""


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
        """What the network is for, and which images it takes."""
        return self.config.spec

    def to(self, device: torch.device | str) -> StyleModel:
        """Return the model with its network on a device, without gradients."""
        return replace(self, network=self.network.to(device).requires_grad_(False))


def save_model(model: StyleModel, path: PathInput, half: bool = True, *, overwrite: bool = False) -> None:
    """Write a model to a safetensors file, atomically; with `half`, its numbers are stored in float16.

    Raises: InputError: it cannot be written, exists and may not be overwritten, or has numbers that are not finite.
    """
    tensors = {name: _pack(name, one, half) for name, one in model.network.state_dict().items()}
    entries = {
        "name": model.name,
        "architecture": model.architecture,
        "settings": config_to_json(model.config),
        "style": None if model.style is None else b64encode(model.style).decode(),
        "provenance": dict(model.provenance),
        "license": model.license,
    }
    with atomic_write(expand_user(path), overwrite=overwrite) as temporary:
        write_tensors(temporary, tensors, {_ENTRY: json.dumps(entries)})


@torch.inference_mode(False)
def load_model(source: PathInput) -> StyleModel:
    """Return a model in float32 on the CPU, by the path of its file, or its name (see `find_model_file`).

    Raises: InputError: missing, damaged, not a model, an unknown architecture, or tensors that do not fit it.
    """
    path = find_model_file(source)
    with explain_read_errors(path, _KIND):
        tensors, metadata = read_tensors(path)
        entries = json.loads(metadata[_ENTRY])
        try:
            return _model(entries, tensors)
        except InputError as error:
            raise InputError(f"{path} cannot be used: {error}") from error


def _pack(name: str, tensor: Tensor, half: bool) -> Tensor:
    """Return the tensor as it is stored in the file."""
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
    with torch.device("meta"):  # the architecture in the file is not allocated before the tensors are known to fit
        _require_fitting(build_network(settings).state_dict(), tensors)
    network = build_network(settings)
    network.load_state_dict(dict(tensors))
    style = None if entries["style"] is None else b64decode(entries["style"])
    name, architecture, provenance, license_ = (
        entries[one] for one in ("name", "architecture", "provenance", "license")
    )
    return StyleModel(name, architecture, settings, network.eval(), style, provenance, license_)


def _require_words(entries: Mapping[str, Any]) -> None:
    kinds: dict[str, Any] = {"name": str, "architecture": str, "settings": dict, "provenance": dict, "license": str}
    for name, kind in {**kinds, "style": str | None}.items():
        if not isinstance(entries[name], kind):
            raise InputError(f"its {name} is {entries[name]!r}.")


def _require_within(settings: Any, tensors: Mapping[str, Tensor]) -> None:
    """Refuse settings of a larger network than the file can hold, before it is made."""
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
        """What the network is for.

        Raises: InputError: an unknown architecture, or settings that it does not have.
        """
        return config_from_json(self.architecture, self.settings).spec


def read_model_info(path: PathInput) -> ModelInfo:
    """Return the summary of a model file.

    Raises: InputError: missing, damaged, or not a model.
    """
    path = expand_user(path)
    with explain_read_errors(path, _KIND):
        size = path.stat().st_size
        with open_tensors(path) as file:
            entries = json.loads((file.metadata() or {})[_ENTRY])
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


def user_models_folder() -> Path:
    """Return the folder of the user's models: `$BRUSHWORK_MODELS`, or one in the user's data folder."""
    given = os.environ.get("BRUSHWORK_MODELS")
    return Path(given) if given else user_data() / "models"


def list_models() -> dict[str, Path]:
    """Return the available models by name, in alphabetical order; the user's models override the package's."""
    found = {
        file.stem: file
        for folder in (BUNDLED_MODELS, user_models_folder())
        for file in folder.glob(f"[!.]*{MODEL_ENDING}")
    }
    return dict(sorted(found.items()))


def find_model_file(source: PathInput) -> Path:
    """Return the file of a model, given by its path or its name.

    Raises: InputError: no model has this name.
    """
    if not isinstance(source, str | os.PathLike) or not os.fspath(source):
        hint = suggest_names("", list_models())
        raise InputError(f"the model is {source!r}: give a file (NAME{MODEL_ENDING}), or a known name. {hint}")
    path = expand_user(source)
    if not isinstance(source, str) or (path.exists() and not path.is_dir()) or len(path.parts) != 1:
        return path
    known = list_models()
    if source in known or path.suffix:
        return known.get(source, path)
    hint = suggest_names(source, known) if known else "No models come with this installation."
    owner = next((name for name, file in known.items() if _has_style(source, file)), None)
    if owner is not None:
        hint = f"It is a style of {owner}: --model {owner} --style {source}"
    raise InputError(f"there is no model {source!r}: give a file (NAME{MODEL_ENDING}), or a known name. {hint}")


def _has_style(style: str | Path, path: Path) -> bool:
    """Return whether a file holds a model with a style of this name."""
    try:
        return style in read_model_info(path).settings.get("styles", ())
    except InputError:
        return False


def find_same_model(given: str, folder: Path, weights: str) -> str:
    """Return where a model with these weights is: its name, if it is a known one, or its file.

    It is searched at the given path, in the folder, and by its name. `weights`: their hash.

    Raises: InputError: it is missing or has changed.
    """
    known, named = list_models(), Path(given)
    places = (named, folder / named, folder / named.name, known.get(str(named), known.get(named.stem, named)))
    found = find_unchanged(places, lambda file: tensors_sha256(load_model(file).network.state_dict()), weights)
    if found is None:
        raise InputError(f"the model {named} is missing: put its file into {folder}, or into the current folder.")
    return next((name for name, file in known.items() if file == found), str(found))
