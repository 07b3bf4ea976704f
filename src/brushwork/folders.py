"""Folders of this user: home, cache and data. A user may have none of them, as in many containers."""

from __future__ import annotations

import os
from collections.abc import Callable
from os import PathLike
from pathlib import Path

import platformdirs

_NO_HOME = Path("/nonexistent")
"""Where Debian's users without a home have it: nothing is found there, and nothing can be written."""


def expanded(path: str | PathLike[str]) -> Path:
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
