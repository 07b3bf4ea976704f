"""Model files by name: the package's and the user's."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from brushwork.errors import InputError, suggest_names
from brushwork.feedforward.model_info import read_model_info
from brushwork.storage.file_names import MODEL_ENDING
from brushwork.storage.folders import PathInput, expand_user, user_data

BUNDLED_MODELS = Path(str(files("brushwork"))) / "feedforward" / "models"
"""Folder of the models shipped with the package: NAME.safetensors."""


def user_models_folder() -> Path:
    """Return the folder of the user's models: `$BRUSHWORK_MODELS`, or a folder in the user's data folder."""
    given = os.environ.get("BRUSHWORK_MODELS")
    return Path(given) if given else user_data() / "models"


def list_models() -> dict[str, Path]:
    """Return the available models by name, in alphabetical order; the user's override the package's."""
    found = {
        file.stem: file
        for folder in (BUNDLED_MODELS, user_models_folder())
        for file in folder.glob(f"[!.]*{MODEL_ENDING}")
    }
    return dict(sorted(found.items()))


def find_model_file(source: PathInput) -> Path:
    """Return the file of a model, given its path or its name.

    Raises: InputError: no model has this name.
    """
    if not isinstance(source, str | os.PathLike) or not os.fspath(source):
        hint = suggest_names("", list_models())
        raise InputError(f"the model is {source!r}: give a file (NAME{MODEL_ENDING}), or a known name. {hint}")
    path = expand_user(source)
    if not isinstance(source, str) or (path.exists() and not path.is_dir()) or len(path.parts) != 1:
        return path
    known = list_models()
    if source in known or path.suffix:
        return known.get(source, path)
    hint = suggest_names(source, known) if known else "No models come with this installation."
    owner = next((name for name, file in known.items() if _has_style(source, file)), None)
    if owner is not None:
        hint = f"It is a style of {owner}: --model {owner} --style {source}"
    raise InputError(f"there is no model {source!r}: give a file (NAME{MODEL_ENDING}), or a known name. {hint}")


def _has_style(style: str | Path, path: Path) -> bool:
    """Return whether a file holds a model with a style of this name."""
    try:
        return style in read_model_info(path).settings.get("styles", ())
    except InputError:
        return False
