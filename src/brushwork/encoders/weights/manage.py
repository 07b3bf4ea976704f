"""Manage the weights on this machine: list them, download them, and add files."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from brushwork.encoders.weights.cache import EncoderWeights, cached_file, cached_names, write_weights
from brushwork.encoders.weights.catalog import WEIGHT_SETS, InstalledFile, WeightSet
from brushwork.encoders.weights.download import download_weights
from brushwork.encoders.weights.find import find_installed_file, find_weights, install_hint, read_sets
from brushwork.errors import InputError, WeightsError, suggest_names
from brushwork.storage.file_names import WEIGHTS_ENDINGS
from brushwork.storage.folders import temporary_place


@dataclass(frozen=True)
class WeightState:
    """A weight set, and whether it can be used."""

    name: str
    architecture: str
    state: Literal["installed", "cached", "missing", "damaged"]
    """`installed` inside a package, `cached` after a download or an import, or `missing` or `damaged`: see `hint`."""
    source: str
    license: str
    sha256: str
    """sha256 of the file at the source, or only its beginning if the publisher states no more."""
    size: int | None = None
    """Size on this machine, in bytes."""
    path: Path | None = None
    hint: str = ""
    """Sentence that says what is wrong and what to do."""


def weight_sets() -> tuple[WeightState, ...]:
    """Return the state of every named set and every added one. This verifies all files, so it takes a moment."""
    added = [name for name in cached_names() if name not in WEIGHT_SETS]
    return tuple(weight_state(name) for name in [*WEIGHT_SETS, *added])


def weight_state(name: str) -> WeightState:
    """Return the state of one set.

    Raises: InputError: no such name.
    """
    known = WEIGHT_SETS.get(name)
    path = find_installed_file(known) or cached_file(name)
    if known is not None and not path.is_file():
        return _without_file(known, "missing", install_hint(known))
    try:
        weights = find_weights(name)
    except WeightsError as error:
        return _damaged_state(name, known, path, str(error))
    return WeightState(
        name,
        weights.architecture,
        "installed" if find_installed_file(known) else "cached",
        weights.source,
        weights.license,
        weights.sha256,
        path.stat().st_size,
        path,
    )


def fetch_weights(name: str) -> WeightState:
    """Download a named set from its publisher; do nothing if it is present and intact.

    Other named sets in the same file are stored too.

    Raises:
        InputError: no such name.
        WeightsError: the source cannot be reached, or has a different file.
    """
    known = WEIGHT_SETS.get(name)
    if known is None:
        raise InputError(f"there is no source for weights named {name!r}. {suggest_names(name, WEIGHT_SETS)}")
    present = weight_state(name)
    if present.state in ("installed", "cached"):
        return present
    if present.state == "damaged" and isinstance(known.source, InstalledFile):
        raise WeightsError(present.hint)
    with tempfile.TemporaryDirectory(prefix="brushwork-", dir=temporary_place()) as folder:
        sets = read_sets(download_weights(known, Path(folder)))
    if known not in [found for _, found in sets]:
        raise WeightsError(f"{known.source} holds a {sets[0][0].architecture} that is not {name}.")
    _store_named(sets)
    return weight_state(name)


def import_weights(file: str | Path, name: str | None = None, *, like: str | None = None) -> WeightState:
    """Add a weights file to the cache.

    Named sets are recognized. If the file also holds linear layers of LPIPS, these are stored too. Unknown weights need
    a `name` of their own; `like` is then a named set with the same preprocessing (otherwise the names of the tensors
    decide between torchvision's and Caffe's).

    Raises:
        InputError: no name for unknown weights, or one that cannot be used.
        WeightsError: the file is missing, damaged, of another kind, or does not match the name.
    """
    path = Path(file)
    (weights, known), *along = read_sets(path)
    target = name or (known.name if known else None)
    if target is None:
        raise InputError(
            f"{path} holds unknown weights of {weights.architecture}. Give them a name: brushwork weights add "
            f"{path.name} --as NAME"
        )
    _require_usable(target)
    if target in WEIGHT_SETS and (known is None or known.name != target):
        what = f"it is {known.name}" if known else f"it holds unknown weights of {weights.architecture}"
        raise WeightsError(f"{path} is not {target}: {what}. Add it under another name.")
    if known is not None and target == known.name and find_installed_file(known):
        return weight_state(target)
    if known is None and like is not None:
        weights = replace(weights, preprocessing=_like(like).preprocessing)
    write_weights(replace(weights, name=target))
    _store_named(along)
    return weight_state(target)


def _store_named(sets: list[tuple[EncoderWeights, WeightSet | None]]) -> None:
    """Store the named sets that are not yet on this machine."""
    for weights, known in sets:
        if known is not None and weight_state(known.name).state in ("missing", "damaged"):
            write_weights(weights)


def _like(name: str) -> WeightSet:
    if name not in WEIGHT_SETS:
        raise InputError(
            f"there are no weights named {name!r} to take the preprocessing from. {suggest_names(name, WEIGHT_SETS)}"
        )
    return WEIGHT_SETS[name]


def _require_usable(name: str) -> None:
    """Check that a name can be a file name and cannot be mistaken for a path."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name.endswith(WEIGHTS_ENDINGS):
        raise InputError(
            f"{name!r} is not a valid name for weights: use letters, digits, '-', '_' and '.', without the endings "
            f"{', '.join(WEIGHTS_ENDINGS)}."
        )


def _without_file(known: WeightSet, state: Literal["missing", "damaged"], hint: str) -> WeightState:
    return WeightState(known.name, known.architecture, state, str(known.source), known.license, known.sha256, hint=hint)


def _damaged_state(name: str, known: WeightSet | None, path: Path, hint: str) -> WeightState:
    if known is not None:
        return replace(_without_file(known, "damaged", hint), size=path.stat().st_size, path=path)
    return WeightState(name, "unknown", "damaged", "unknown", "unknown", "", path.stat().st_size, path, hint)
