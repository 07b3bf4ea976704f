"""Safetensors files with metadata: the one reader and writer of models, styles, checkpoints and cached weights.

Tensors are written one after the other, without a second copy in memory.

Source: the safetensors format: 8 bytes of length, a JSON header of that length, the tensors' bytes without gaps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from brushwork.errors import BrushworkError, InputError
from brushwork.storage.atomic import explain_write_errors, sync_folder
from brushwork.storage.file_names import is_utf8
from brushwork.storage.pipes import require_no_pipe
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
"""The header is padded to a multiple of this, so that the values can be mapped."""


@runtime_checkable
class SplitState(Protocol):
    """A state that is split over several processes, and can be read in full, plane by plane."""

    def planes(self, name: str) -> Iterator[Tensor]:
        """Yield the planes of a full entry, in the order of a file."""
        ...

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a full entry."""
        ...

    def gather(self, name: str) -> Tensor:
        """Return a full entry."""
        ...


def partial_path(path: Path) -> Path:
    """Return the name under which a file is written until it is complete."""
    return path.with_name(f"{path.name}.part")


def write_tensors(path: Path, tensors: State, metadata: Mapping[str, str]) -> None:
    """Write a safetensors file that other users can read, as the folder permits, and wait until it is on the disk.

    Raises: OSError.
    """
    # Larger element types first: each value then lies at a multiple of its size, and can be mapped.
    names = sorted(tensors, key=lambda name: -tensors[name].element_size())
    with path.open("wb") as file:
        file.write(_header(tensors, names, metadata))
        for name in names:
            for piece in iterate_planes(tensors, name):
                file.write(piece.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        file.flush()
        os.fsync(file.fileno())


def require_short_name(path: Path) -> None:
    """Check that `replace_tensors` can use the name, and the longer one of the file that it writes first.

    Raises: InputError: the file system allows no name of this length.
    """
    with explain_write_errors(path), suppress(FileNotFoundError, NotADirectoryError):
        partial_path(path).lstat()


def replace_tensors(path: Path, tensors: State, metadata: Mapping[str, str]) -> None:
    """Write a safetensors file atomically, under a fixed temporary name (`partial_path`).

    Whenever the machine stops, the name leads to a complete file: this one or the previous one.

    Raises: OSError.
    """
    try:
        write_tensors(partial_path(path), tensors, metadata)
        partial_path(path).replace(path)
    except BaseException:
        partial_path(path).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the tensors of a file, which stay on disk until they are used, and its metadata.

    Raises: OSError, SafetensorError: as `open_tensors`. InputError: a pipe.
    """
    with open_tensors(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


@contextmanager
def explain_read_errors(path: Path, kind: str, error: type[BrushworkError] = InputError) -> Iterator[None]:
    """Turn any failure to read or parse a file of tensors into one error that names the file.

    `kind` says what the file should be. Errors that brushwork raises on purpose pass unchanged.

    Raises: InputError, or the given error.
    """
    try:
        yield
    except FileNotFoundError as trouble:
        raise error(f"{path} is missing: check the name and the folder.") from trouble
    except OSError as trouble:
        raise error(
            f"{path} cannot be read ({trouble.strerror or trouble}): check the name and the folder."
        ) from trouble
    except KeyError as trouble:
        raise error(f"{path} is damaged, or is not {kind} (it has no {trouble}).") from trouble
    except (SafetensorError, TypeError, ValueError, AttributeError, RuntimeError) as trouble:
        raise error(f"{path} is damaged, or is not {kind} ({trouble}).") from trouble


def remove_file(path: Path) -> None:
    """Remove the file, and the remains of an interrupted write of its successor."""
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


@contextmanager
def open_tensors(path: Path) -> Iterator[Any]:
    """Open a safetensors file; the tensors stay on disk until they are used.

    safetensors takes only paths in UTF-8; others are opened by their descriptor.

    Raises: OSError, SafetensorError: missing, damaged, or another kind of file. InputError: a pipe.
    """
    require_no_pipe(path)
    with path.open("rb") as file:  # safetensors reports every failure as a missing file
        name = path if is_utf8(path) else f"/dev/fd/{file.fileno()}"
        with safe_open(name, framework="pt") as tensors:
            yield tensors


def iterate_planes(state: State, name: str) -> Iterator[Tensor]:
    """Yield an entry of a state in pieces, whether or not it is split over processes."""
    return state.planes(name) if isinstance(state, SplitState) else iter([state[name]])


def entry_shape(state: State, name: str) -> tuple[int, ...]:
    """Return the full shape of an entry, whether or not it is split over processes."""
    return state.shape(name) if isinstance(state, SplitState) else tuple(state[name].shape)


def gather_entry(state: State, name: str) -> Tensor:
    """Return the full entry of a state, whether or not it is split over processes."""
    return state.gather(name) if isinstance(state, SplitState) else state[name]
