"""Tensors into a safetensors file, one after the other: no second copy of them is made in memory.

Source: the safetensors format: 8 bytes of length, a JSON header of that length, the tensors' bytes without gaps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from brushwork.errors import InputError
from brushwork.jobs.parts import entry_shape, iterate_planes
from brushwork.perception.opened import open_tensors
from brushwork.picture.destination import sync_folder
from brushwork.types import State

_NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_ALIGNMENT = 8
"""The header is filled up to a multiple of this, so that the numbers can be mapped."""


def partial_path(path: Path) -> Path:
    """The name under which a file is written until it is complete."""
    return path.with_name(f"{path.name}.part")


def write_tensors(path: Path, tensors: State, metadata: Mapping[str, str]) -> None:
    """Write the file so that its name leads to a complete one, this or the one before, whenever the machine stops.

    Raises: OSError.
    """
    # Larger numbers first: each then lies at a multiple of its own size, and can be mapped.
    names = sorted(tensors, key=lambda name: -tensors[name].element_size())
    try:
        with partial_path(path).open("wb") as file:
            file.write(_header(tensors, names, metadata))
            for name in names:
                for piece in iterate_planes(tensors, name):
                    file.write(piece.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
            file.flush()
            os.fsync(file.fileno())
        partial_path(path).replace(path)
    except BaseException:
        partial_path(path).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors, which stay on the disk until they are used, and the metadata.

    Raises: InputError: missing, damaged or cut short.
    """
    try:
        with open_tensors(path) as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(f"{path} is damaged and cannot be used ({error}): remove it, and begin anew.") from error


def remove_file(path: Path) -> None:
    """Remove the file, and what an interrupted writing left of its successor."""
    for one in (path, partial_path(path)):
        one.unlink(missing_ok=True)


def _header(tensors: State, names: Sequence[str], metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, object] = {"__metadata__": dict(metadata)}
    end = 0
    for name in names:
        own, dtype = entry_shape(tensors, name), tensors[name].dtype
        begin, end = end, end + prod(own) * dtype.itemsize
        entries[name] = {"dtype": _NAMES[dtype], "shape": list(own), "data_offsets": [begin, end]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(_ALIGNMENT, "little") + text
