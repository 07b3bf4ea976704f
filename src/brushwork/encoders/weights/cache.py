"""Cache of converted weights on disk, written atomically and verified when read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

from torch import Tensor

from brushwork.choices import PreprocessName
from brushwork.encoders.registry import ARCHITECTURES, tensor_shapes
from brushwork.encoders.weights.adain_decoder import DECODER, decoder_shapes
from brushwork.encoders.weights.lpips_layers import LINEAR_LAYERS, linear_shapes
from brushwork.encoders.weights.read import read_safetensors
from brushwork.errors import WeightsError
from brushwork.storage.atomic import temporary_file
from brushwork.storage.folders import user_cache
from brushwork.storage.hashing import tensors_sha256
from brushwork.storage.tensors import write_tensors

_ENDING = ".safetensors"
_FORMAT = "brushwork weights 1"


@dataclass(frozen=True)
class EncoderWeights:
    """Converted weights of a network, and where they come from."""

    name: str
    architecture: str
    preprocessing: PreprocessName
    source: str
    license: str
    sha256: str
    """sha256 of the file from which they were read."""
    tensors: Mapping[str, Tensor] = field(repr=False)


def cache_folder() -> Path:
    """Return `$BRUSHWORK_CACHE/weights`, or that folder in the user's cache (which honors `XDG_CACHE_HOME`)."""
    given = os.environ.get("BRUSHWORK_CACHE")
    root = Path(given) if given else user_cache()
    return root / "weights"


def cached_file(name: str) -> Path:
    """Return the path of a set in the cache, whether or not it exists."""
    return cache_folder() / f"{name}{_ENDING}"


def cached_names() -> list[str]:
    """Return the names of the sets in the cache; none if the cache does not exist or cannot be read."""
    # Path.glob hides folders that cannot be read.
    return sorted(path.stem for path in cache_folder().glob(f"[!.]*{_ENDING}"))


def write_weights(weights: EncoderWeights) -> Path:
    """Write a set into the cache, under a temporary name until the file is complete.

    Raises: WeightsError: the cache cannot be written.
    """
    target = cached_file(weights.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(target.parent) as temporary:
            write_tensors(temporary, dict(weights.tensors), _metadata(weights))
            temporary.replace(target)
    except OSError as error:
        raise WeightsError(
            f"{weights.name} cannot be written to {target.parent} ({error}). Free some space there, or set "
            "BRUSHWORK_CACHE to another folder."
        ) from error
    return target


def is_converted(metadata: Mapping[str, str]) -> bool:
    """Return whether a safetensors file with this metadata was written by `write_weights`."""
    return metadata.get("format") == _FORMAT


def read_weights(path: Path, content: str | None = None) -> EncoderWeights:
    """Read a file written by `write_weights`, and verify it.

    The digest of the tensors must equal `content` if given, else the digest in the metadata.

    Raises: WeightsError: damaged, truncated or of another kind.
    """
    tensors, metadata = read_safetensors(path)
    expected = content or metadata.get("content")
    if not is_converted(metadata) or not _is_sound(tensors, metadata):
        raise WeightsError(f"{path} is damaged, or not a weights file: its tensors do not match its header.")
    if tensors_sha256(tensors) != expected:
        raise WeightsError(f"{path} is damaged: its checksum does not match its values.")
    return EncoderWeights(
        metadata["name"],
        metadata["architecture"],
        cast(PreprocessName, metadata["convention"]),
        metadata["source"],
        metadata["license"],
        metadata["sha256"],
        tensors,
    )


def _metadata(weights: EncoderWeights) -> dict[str, str]:
    return {
        "format": _FORMAT,
        "name": weights.name,
        "architecture": weights.architecture,
        "convention": weights.preprocessing,
        "source": weights.source,
        "license": weights.license,
        "sha256": weights.sha256,
        "content": tensors_sha256(weights.tensors),
    }


def _is_sound(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bool:
    if metadata.get("convention") not in get_args(PreprocessName):
        return False
    if not {"name", "source", "license", "sha256", "content"} <= metadata.keys():
        return False
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()} == _shapes(metadata.get("architecture", ""))


def _shapes(architecture: str) -> Mapping[str, tuple[int, ...]] | None:
    """Return the shapes of a network, of linear layers or of the decoder; None for an unknown name."""
    if architecture == DECODER:
        return decoder_shapes()
    if architecture in LINEAR_LAYERS:
        return linear_shapes(architecture)
    return tensor_shapes(architecture) if architecture in ARCHITECTURES else None
