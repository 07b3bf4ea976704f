"""Where painters lie: with the package, and in the user's folder."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from brushwork.errors import InputError, did_you_mean
from brushwork.folders import expanded, user_data

ENDING = ".safetensors"

PAINTERS = Path(str(files("brushwork"))) / "fast" / "painters"
"""The painters that come with the package: NAME.safetensors."""


def user_folder() -> Path:
    """`$BRUSHWORK_PAINTERS`, or the user's folder for data: where painters are found by their names."""
    given = os.environ.get("BRUSHWORK_PAINTERS")
    return Path(given) if given else user_data() / "painters"


def shelved() -> dict[str, Path]:
    """The painters that are known by name, in the order of their names; the user's go before the package's."""
    found = {file.stem: file for folder in (PAINTERS, user_folder()) for file in folder.glob(f"[!.]*{ENDING}")}
    return dict(sorted(found.items()))


def painter_file(source: str | Path) -> Path:
    """The file of a painter: itself, or that of a known name.

    Raises: InputError: no painter has this name.
    """
    path = expanded(source)
    if isinstance(source, Path) or path.suffix or path.exists() or len(path.parts) != 1:
        return path
    known = shelved()
    if source not in known:
        hint = did_you_mean(source, known) if known else "None come with this installation."
        raise InputError(f"there is no painter {source!r}: give a file (NAME{ENDING}), or a known name. {hint}")
    return known[source]
