"""The user's home, cache and data folders, and the temporary folder. Many containers have none of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import platformdirs

from brushwork.errors import InputError

PathInput: TypeAlias = str | PathLike[str]
"""Types in which Python programs may give a path."""

_NO_HOME = Path(os.devnull)
"""A path that is not a folder: nothing is found in it, and nobody can write into it."""


def expand_user(path: PathInput) -> Path:
    """Return the path with ~ replaced by the home folder; unchanged if there is no such home or user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (Path.expanduser raises RuntimeError instead)


def require_path(given: PathInput, what: str, instead: str = "") -> Path:
    """Return the given path with ~ replaced; `instead` ends the sentence of the error that asks for one.

    Raises: InputError: it is not a path.
    """
    if not isinstance(given, str | PathLike):
        raise InputError(f"{what} is given as {type(given).__name__}: give a path{instead}.")
    return expand_user(given)


def make_folder(folder: Path, flag: str = "-o") -> None:
    """Make a folder, which `flag` named, and its parents, unless they exist.

    Raises: InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "there is a file of that name" if isinstance(error, FileExistsError) else error.strerror
        raise InputError(f"the folder {folder} cannot be created ({reason}): choose another with {flag}.") from error


def user_cache() -> Path:
    """Return the user's cache folder for brushwork: files that can be made or fetched again."""
    return _of_user(platformdirs.user_cache_path, ".cache")


def user_data() -> Path:
    """Return the user's data folder for brushwork."""
    return _of_user(platformdirs.user_data_path, ".local/share")


def _of_user(find: Callable[..., Path], name: str) -> Path:
    try:
        found = find("brushwork", appauthor=False)
    except RuntimeError:
        found = Path("~")
    return _NO_HOME / name / "brushwork" if found.parts[0] == "~" else found  # older versions leave ~ unchanged


def nearest_folder(path: Path) -> Path:
    """Return the folder itself, or its nearest parent that exists."""
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def temporary_place() -> str:
    """Return the folder for temporary files: TMPDIR, or the system's.

    Raises: InputError: none is writable.
    """
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise InputError(
            "no folder for temporary files is writable (neither /tmp nor the current one): set TMPDIR to one."
        ) from error
