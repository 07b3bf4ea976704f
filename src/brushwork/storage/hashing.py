"""SHA-256 of files and of tensors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from torch import Tensor

from brushwork.errors import InputError
from brushwork.storage.pipes import content_of_pipe


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 over names, types, shapes and values, in the order of the names."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].contiguous().cpu()
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        found.update(tensor.numpy().data)
    return found.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file or pipe, in hexadecimal.

    Raises: InputError: the file cannot be read.
    """
    try:
        if (piped := content_of_pipe(path)) is not None:
            return hashlib.sha256(piped).hexdigest()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the name and the folder.") from error


def find_unchanged(places: Iterable[Path], hash_of: Callable[[Path], str], sha256: str) -> Path | None:
    """Return the first of these files that has the hash; None: none of them exists.

    Raises: InputError: those that exist have changed.
    """
    present = [place for place in dict.fromkeys(places) if place.is_file()]
    for place in present:
        if hash_of(place) == sha256:
            return place
    if present:
        raise InputError(f"{present[0]} has changed since then: restore the original file.")
    return None
