"""Where painters lie: with the package, and in the user's folder."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from brushwork.errors import InputError, suggest_names
from brushwork.folders import expand_user, user_data

ENDING = ".safetensors"

BUNDLED_MODELS = Path(str(files("brushwork"))) / "fast" / "painters"
"""The painters that come with the package: NAME.safetensors."""


def user_models_folder() -> Path:
    """`$BRUSHWORK_PAINTERS`, or the user's folder for data: where painters are found by their names."""
    given = os.environ.get("BRUSHWORK_PAINTERS")
    return Path(given) if given else user_data() / "painters"


def list_models() -> dict[str, Path]:
    """The painters that are known by name, in the order of their names; the user's go before the package's."""
    found = {
        file.stem: file for folder in (BUNDLED_MODELS, user_models_folder()) for file in folder.glob(f"[!.]*{ENDING}")
    }
    return dict(sorted(found.items()))


def find_model_file(source: str | Path) -> Path:
    """The file of a painter: itself, or that of a known name.

    Raises: InputError: no painter has this name.
    """
    path = expand_user(source)
    if isinstance(source, Path) or path.suffix or path.exists() or len(path.parts) != 1:
        return path
    known = list_models()
    if source not in known:
        hint = suggest_names(source, known) if known else "None come with this installation."
        raise InputError(f"there is no painter {source!r}: give a file (NAME{ENDING}), or a known name. {hint}")
    return known[source]
