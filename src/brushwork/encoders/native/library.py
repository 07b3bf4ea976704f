"""Load the compiled library from this folder, if the installation could build it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

_FOLDER = Path(__file__).parent
_NAMES = ("_kernels.so", "_kernels.dylib")

_Bytes = ctypes.c_void_p


class NativeLayer(ctypes.Structure):
    """Arguments of a layer call, field by field as in layer.hpp."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("batch", "rows", "columns", "inputs", "outputs")),
        *((name, ctypes.c_int32) for name in ("tile", "border", "rectify", "pool", "unpool", "turned")),
        *((name, ctypes.c_int32) for name in ("threads", "bfloat16")),
        *((name, ctypes.c_int64) for name in ("pooled_rows", "pooled_columns", "first", "last")),
        *((name, _Bytes) for name in ("input", "input_mask", "weight", "bias", "add", "output", "mask", "rim")),
        ("scratch", _Bytes),
        ("scratch_size", ctypes.c_int64),
    )


class NativeSums(ctypes.Structure):
    """Arguments of sums over a map, field by field as in sums.hpp."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("batch", "rows", "columns", "channels", "row", "picture")),
        *((name, ctypes.c_int64) for name in ("to_row", "to_picture", "other_row", "other_picture", "blocks")),
        *((name, ctypes.c_int32) for name in ("threads", "adds")),
        *((name, _Bytes) for name in ("map", "other", "given", "added", "partial", "result")),
    )


_SIZES = 1000 * ctypes.sizeof(NativeLayer) + ctypes.sizeof(NativeSums)


class NativeLibrary(NamedTuple):
    """Functions of the compiled library."""

    variant: str
    """The instruction set: amx (which includes avx512), avx512, avx2 or generic."""
    convolve: Callable[..., None]
    pool: Callable[..., None]
    unpool: Callable[..., None]
    scratch: Callable[..., int]
    gram: Callable[..., None]
    gram_back: Callable[..., None]
    spread: Callable[..., None]
    spread_back: Callable[..., None]
    distance: Callable[..., None]
    distance_back: Callable[..., None]


@cache
def load_library() -> NativeLibrary | None:
    """Return the compiled library; None if it was not built, cannot be loaded, or was built from other sources."""
    path = next((_FOLDER / name for name in _NAMES if (_FOLDER / name).is_file()), None)
    if path is None:
        return None
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError:
        return None
    if not hasattr(loaded, "brushwork_sizes") or loaded.brushwork_sizes() != _SIZES:
        return None
    loaded.brushwork_variant.restype = ctypes.c_char_p
    loaded.brushwork_scratch.restype = ctypes.c_int64
    _use_threads_of_torch(loaded)
    functions = {name: getattr(loaded, f"brushwork_{name}") for name in NativeLibrary._fields if name != "variant"}
    return NativeLibrary(loaded.brushwork_variant().decode(), **functions)


def has_matrix_units() -> bool:
    """Return whether the compiled library multiplies bfloat16 with the processor's matrix units (AMX)."""
    compiled = load_library()
    return compiled is not None and compiled.variant == "amx"


def data_address(tensor: Tensor | None) -> int | None:
    """Return the address of a tensor's data."""
    return None if tensor is None else tensor.data_ptr()


def _use_threads_of_torch(loaded: ctypes.CDLL) -> None:
    """Give the library the OpenMP runtime that torch has loaded; without one, it starts its own threads."""
    for path in sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*")):
        runtime = ctypes.CDLL(str(path))
        loaded.brushwork_use_threads(ctypes.cast(runtime.GOMP_parallel, ctypes.c_void_p))
        return
