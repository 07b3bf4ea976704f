"""Read a file of tensors, whatever kind it is, without running anything that it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from brushwork.errors import WeightsError
from brushwork.perception.opened import open_tensors
from brushwork.perception.unpickle import unpickle_arrays
from brushwork.pipes import require_no_pipe

_ZIP = b"PK\x03\x04"
"""How the files that torch.save has written since 1.6 begin."""

_LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
"""How those before begin: a pickle of torch's magic number, 0x1950a86a20f9469cfc6c."""

_PICKLE = b"\x80"

_READ_BYTES = 14
"""As many as the longest of these beginnings has."""


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of a .safetensors, .pth, .pt, .bin (torch.save) or pickled-arrays file, by name.

    Raises: WeightsError: missing, damaged, truncated, or of another kind.
    """
    start = _start(path)
    if _begins_safetensors(start):
        return read_safetensors(path)[0]
    if start.startswith(_ZIP) or start == _LEGACY:
        return _read_torch(path)
    if start.startswith(_PICKLE):
        return unpickle_arrays(path)
    raise WeightsError(
        f"{path} is no file of weights: expected .safetensors, or .pth, .pt or .bin as torch.save writes them."
    )


def is_safetensors(path: Path) -> bool:
    """Whether the file begins as one, whatever its name.

    Raises: WeightsError: the file cannot be read.
    """
    return _begins_safetensors(_start(path))


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata.

    Raises: WeightsError: damaged or truncated.
    """
    try:
        with open_tensors(path) as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    # safetensors' own error has no common ancestor with those of the file system.
    except Exception as error:
        raise WeightsError(f"{path} is damaged or truncated: {error}.") from error


def sha256_of_path(path: Path) -> str:
    """Hexadecimal.

    Raises: WeightsError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """sha256 over names, shapes and values, in the order of the names."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(tensor.numpy().data)
    return found.hexdigest()


def _start(path: Path) -> bytes:
    require_no_pipe(path)
    try:
        with path.open("rb") as file:
            return file.read(_READ_BYTES)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error


def _begins_safetensors(start: bytes) -> bool:
    """Eight bytes of length (of JSON, below 4 GB; it may begin like a pickle), then JSON."""
    return start[4:9] == b"\0\0\0\0{"


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:  # torch takes paths in UTF-8 only
            content = torch.load(file, map_location="cpu", weights_only=True)
    # A damaged file can fail in any way.
    except Exception as error:
        raise WeightsError(
            f"{path} is damaged, truncated, or holds more than tensors, which is refused ({type(error).__name__})."
        ) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path} holds a {type(content).__name__}; expected tensors by name (a state_dict).")
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
