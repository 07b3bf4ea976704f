"""Read a tensor file of any known kind without running code in it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from brushwork.encoders.weights.caffe_model import read_caffe_model
from brushwork.errors import WeightsError
from brushwork.storage.pipes import require_no_pipe
from brushwork.storage.tensors import explain_read_errors, read_tensors

_ZIP = b"PK\x03\x04"
"""First bytes of files that torch.save has written since 1.6."""

_LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
"""First bytes of older files: a pickle of torch's magic number, 0x1950a86a20f9469cfc6c."""

_PICKLE = b"\x80"

_READ_BYTES = 14
"""Length of the longest signature above."""

_DTYPES = {"f2": torch.float16, "f4": torch.float32, "f8": torch.float64}


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read every tensor of a .safetensors, .pth, .pt, .bin (torch.save), .caffemodel or pickled-arrays file, by name.

    Raises: WeightsError: missing, damaged, truncated, or of another kind.
    """
    start = _start(path)
    if _begins_safetensors(start):
        return read_safetensors(path)[0]
    if start.startswith(_ZIP) or start == _LEGACY:
        return _read_torch(path)
    if start.startswith(_PICKLE):
        return unpickle_arrays(path)
    if path.suffix.lower() == ".caffemodel":
        return read_caffe_model(path)
    raise WeightsError(
        f"{path} is not a weights file: expected .safetensors, .caffemodel, or .pth, .pt or .bin as torch.save writes "
        "them."
    )


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a safetensors file.

    Raises: WeightsError: damaged or truncated.
    """
    with explain_read_errors(path, "a safetensors file", WeightsError):
        return read_tensors(path)


def is_safetensors(path: Path) -> bool:
    """Return whether a file begins like safetensors, regardless of its name.

    Raises: WeightsError: the file cannot be read.
    """
    return _begins_safetensors(_start(path))


def _start(path: Path) -> bytes:
    require_no_pipe(path)
    try:
        with path.open("rb") as file:
            return file.read(_READ_BYTES)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error


def _begins_safetensors(start: bytes) -> bool:
    """Return whether the file begins with the length of JSON (eight bytes, below 4 GB), then JSON.

    The length may begin like a pickle.
    """
    return start[4:9] == b"\0\0\0\0{"


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:  # torch accepts only paths in UTF-8
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


def unpickle_arrays(path: Path) -> dict[str, Tensor]:
    """Read the arrays of a pickled, nested dictionary as tensors, with the keys joined by slashes as names.

    Raises: WeightsError: the pickle is damaged, or holds anything but arrays of floats.
    """
    try:
        with path.open("rb") as file:
            return _flatten(_ArrayReader(file).load())
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    # A damaged pickle can fail in any way.
    except Exception as error:
        raise WeightsError(f"{path} is damaged: it cannot be read as a pickle ({error!r}).") from error


class _Dtype:
    """Replacement for numpy.dtype during unpickling."""

    def __init__(self, code: str, *_: object) -> None:
        if code not in _DTYPES:
            raise WeightsError(f"holds numbers of the type {code!r}; expected floats.")
        self.torch = _DTYPES[code]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise WeightsError("holds numbers that are not little-endian; save them so.")


class _Array:
    """Replacement for numpy.ndarray during unpickling, until its state is set."""

    def __setstate__(self, state: tuple[int, tuple[int, ...], _Dtype, bool, bytes]) -> None:
        _, shape, dtype, is_fortran, raw = state
        if len(raw) != prod(shape) * dtype.torch.itemsize:
            raise WeightsError(f"is damaged: an array of shape {shape} has {len(raw)} bytes.")
        # A bytearray, because torch refuses read-only memory.
        flat = torch.frombuffer(bytearray(raw), dtype=dtype.torch)
        self.tensor = flat.view(shape[::-1]).permute(*reversed(range(len(shape)))) if is_fortran else flat.view(shape)


def _reconstruct(*_: object) -> _Array:
    """Replacement for numpy's function of this name."""
    return _Array()


_ADMITTED = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _ArrayReader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise WeightsError(f"asks for {module}.{name}, which is not an array; it was refused, and nothing was run.")
        return _ADMITTED[module, name]


def _flatten(node: object, path: str = "") -> dict[str, Tensor]:
    if isinstance(node, _Array):
        return {path: node.tensor}
    if not isinstance(node, Mapping):
        raise WeightsError(f"holds a {type(node).__name__} at {path or 'its root'!r}; expected arrays in dictionaries.")
    found: dict[str, Tensor] = {}
    for name, child in node.items():
        found |= _flatten(child, f"{path}/{name}" if path else str(name))
    return found
