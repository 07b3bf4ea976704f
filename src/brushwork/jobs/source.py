"""The files that a picture was painted from, as its record names them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.pipes import STDIN, content_of_pipe, is_pipe


class ImageSource(NamedTuple):
    """A picture that was read."""

    path: str
    """Relative to the folder of the output, with `/`; whole where there is no such way."""
    sha256: str

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ImageSource:
        """The opposite of `_asdict`."""
        return cls(str(data["path"]), str(data["sha256"]))


def make_source(path: Path, folder: Path) -> ImageSource:
    """A file, as it is seen from a folder.

    Raises: InputError: it cannot be read.
    """
    path = expand_user(path)
    place = str(path) if is_pipe(path) or path == STDIN else _relative(path, expand_user(folder))
    return ImageSource(place, file_sha256(path))


def file_sha256(path: Path) -> str:
    """Hexadecimal.

    Raises: InputError: the file cannot be read.
    """
    try:
        if (piped := content_of_pipe(path)) is not None:
            return hashlib.sha256(piped).hexdigest()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check the name and the folder.") from error


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
