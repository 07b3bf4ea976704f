"""Read arrays out of a pickle without running anything that the pickle names.

A pickle may name any function and call it. The reader below admits three names, those that an array of numpy is
pickled by, and answers each with a stand-in of its own: not even numpy runs.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from brushwork.errors import WeightsError

_DTYPES = {"f2": torch.float16, "f4": torch.float32, "f8": torch.float64}


def unpickle_arrays(path: Path) -> dict[str, Tensor]:
    """The arrays of a pickled, nested dictionary, as tensors; their names joined by slashes.

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
    """Stands in for numpy.dtype."""

    def __init__(self, code: str, *_: object) -> None:
        if code not in _DTYPES:
            raise WeightsError(f"holds numbers of the type {code!r}; expected floats.")
        self.torch = _DTYPES[code]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise WeightsError("holds numbers that are not little-endian; save them so.")


class _Array:
    """Stands in for numpy.ndarray while its state arrives."""

    def __setstate__(self, state: tuple[int, tuple[int, ...], _Dtype, bool, bytes]) -> None:
        _, shape, dtype, is_fortran, raw = state
        if len(raw) != prod(shape) * dtype.torch.itemsize:
            raise WeightsError(f"is damaged: an array of shape {shape} has {len(raw)} bytes.")
        # A bytearray, because torch does not want memory that it may not write to.
        flat = torch.frombuffer(bytearray(raw), dtype=dtype.torch)
        self.tensor = flat.view(shape[::-1]).permute(*reversed(range(len(shape)))) if is_fortran else flat.view(shape)


def _reconstruct(*_: object) -> _Array:
    """Stands in for numpy's function of this name."""
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
            raise WeightsError(f"asks for {module}.{name}, which is no array; it was refused and nothing was run.")
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
