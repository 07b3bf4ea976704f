"""Folders of this user, home, cache and data, and those for temporary files. In many containers there are none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path

import platformdirs

from brushwork.errors import InputError

_NO_HOME = Path(os.devnull)
"""No folder: nothing is found in it, and nobody can write into it."""


def expand_user(path: str | PathLike[str]) -> Path:
    """The path with ~ replaced by the home folder; as it is, where there is no such home or no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (Path.expanduser raises RuntimeError instead)


def user_cache() -> Path:
    """Where this user's programs keep what they can get again."""
    return _of_user(platformdirs.user_cache_path, ".cache")


def user_data() -> Path:
    """Where this user's programs keep data."""
    return _of_user(platformdirs.user_data_path, ".local/share")


def _of_user(find: Callable[..., Path], name: str) -> Path:
    try:
        found = find("brushwork", appauthor=False)
    except RuntimeError:
        found = Path("~")
    return _NO_HOME / name / "brushwork" if found.parts[0] == "~" else found  # older versions leave ~ as it is


def nearest_folder(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    return next(one for one in (path, *path.absolute().parents) if one.exists())


def temporary_place() -> str:
    """The folder for temporary files: TMPDIR, or that of the system.

    Raises: InputError: none can be written.
    """
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise InputError(
            "no folder for temporary files can be written (neither /tmp nor the current one): name one in TMPDIR."
        ) from error
