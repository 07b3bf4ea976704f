"""Style files: the style of an image at every size needed for a transfer, in a file of a few MB."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import log
from typing import Any

import torch
from torch import Tensor

from brushwork.encoders import Encoder
from brushwork.errors import InputError, require_type
from brushwork.images.geometry import Size
from brushwork.losses import LayerStatistics
from brushwork.options import EncoderOptions, SizeOptions
from brushwork.storage.atomic import atomic_write
from brushwork.storage.folders import PathInput, expand_user
from brushwork.storage.tensors import explain_read_errors, read_tensors, write_tensors
from brushwork.style import Style, blend_styles

_ENTRY = "brushwork style"
"""Key of the metadata entry."""

_SEEING = ("pooling", "padding", "ceil", "encoder_scale", "preprocessing")
ADAIN = "adain"
"""Name of AdaIN's entry, in addition to those of the layers; its Gram matrix is empty."""

_PARTS = ("gram", "mean", "std")


@dataclass(frozen=True)
class EncoderFingerprint:
    """Encoder settings that a style depends on; styles made with other settings are not compatible."""

    network: str
    fingerprint: str
    """Hash of the network's biases (`Encoder.fingerprint`): the same name may stand for different weights, and
    separately trained networks have different biases."""
    pooling: str
    padding: str
    ceil: bool
    encoder_scale: float
    measure: str
    """How the sizes of a saved style are measured."""
    preprocessing: str = "own"

    @classmethod
    def of(cls, options: SizeOptions, seeing: EncoderOptions, encoder: Encoder) -> EncoderFingerprint:
        """Return the fingerprint of a recipe's options and their encoder."""
        settings = {name: getattr(seeing, name) for name in _SEEING}
        return cls(encoder.name, encoder.fingerprint, **settings, measure=options.measure)

    def differences(self, other: EncoderFingerprint) -> list[str]:
        """Return, in words, the settings in which the other differs."""
        mine, yours = asdict(self), asdict(other)
        return [f"{name} {mine[name]}, not {yours[name]}" for name in mine if mine[name] != yours[name]]


@dataclass(frozen=True)
class StyleFile:
    """Styles of a style image, or of a blend of several, at several sizes."""

    source: str
    """Name of the image from which the style was extracted."""
    encoder: EncoderFingerprint
    size: Size
    """The largest size at which the style image was encoded."""
    styles: Mapping[int, Style] = field(repr=False)
    """Size of the encoded style image in pixels, as `measure` says → its moments by the network's layer names."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the available layers."""
        return tuple(sorted(next(iter(self.styles.values())).statistics))

    @property
    def nbytes(self) -> int:
        """Total size of the tensors in bytes."""
        moments = [one for style in self.styles.values() for one in style.statistics.values()]
        return sum(getattr(one, part).nbytes for one in moments for part in _PARTS)

    def nearest_size(self, pixels: float) -> int:
        """Return the saved size nearest to the given one."""
        return min(self.styles, key=lambda kept: abs(log(kept / pixels)))

    def nearest(self, pixels: int) -> Style:
        """Return everything saved for the size nearest to the given one."""
        return self.styles[self.nearest_size(pixels)]

    def style_at(self, pixels: int, layers: Sequence[str], encoder: Encoder) -> Style:
        """Return the style at the given layers, for the saved size nearest to a style image's size.

        Raises: InputError: a layer was not saved.
        """
        nearest = self.nearest(pixels)
        missing = [layer for layer in layers if encoder.layer(layer) not in nearest.statistics]
        if missing:
            raise InputError(
                f"the style file of {self.source} lacks {missing[0]}: extract it with that layer, or use only these: "
                f"{', '.join(self.layers)}."
            )
        return Style({layer: nearest.statistics[encoder.layer(layer)] for layer in layers})

    def require_compatible(self, settings: EncoderFingerprint) -> None:
        """Raise unless the style was extracted with the same encoder settings.

        Raises: InputError.
        """
        differences = self.encoder.differences(settings)
        if differences:
            raise InputError(
                f"the style of {self.source} was extracted with {'; '.join(differences)}: use the same settings, or "
                "extract it again."
            )

    def to(self, device: torch.device | str) -> StyleFile:
        """Return the same styles on a device."""
        return replace(self, styles={pixels: _move(style, device) for pixels, style in self.styles.items()})

    def write(self, path: PathInput, *, overwrite: bool = False) -> None:
        """Write a safetensors file, completely or not at all.

        Raises: InputError: the file cannot be written, or exists and may not be overwritten.
        """
        tensors = {
            f"{pixels}/{layer}/{part}": getattr(moments, part)
            for pixels, style in self.styles.items()
            for layer, moments in style.statistics.items()
            for part in _PARTS
        }
        entries = {"source": self.source, "encoder": asdict(self.encoder), "size": list(self.size)}
        with atomic_write(expand_user(path), overwrite=overwrite) as temporary:
            write_tensors(temporary, tensors, {_ENTRY: json.dumps(entries)})

    def _require_sound(self) -> None:
        """Raise for values that no painting can have.

        Raises: ValueError.
        """
        if not isinstance(self.source, str) or not all(type(side) is int and side >= 1 for side in self.size):
            raise ValueError(f"extracted from {self.source!r} of {self.size!r}")
        for pixels, style in self.styles.items():
            if pixels < 1 or style.statistics.keys() != set(self.layers):
                raise ValueError(f"at {pixels} pixels it has {', '.join(style.statistics)}")
            for layer, moments in style.statistics.items():
                _require_numbers(layer, moments)

    @classmethod
    def read(cls, path: PathInput) -> StyleFile:
        """Read a style file written by `write`.

        Raises: InputError: the file is missing, damaged, or not a style file.
        """
        path = expand_user(path)
        with explain_read_errors(path, "a style file as `brushwork style extract` writes them"):
            tensors, metadata = read_tensors(path)
            entries = json.loads(metadata[_ENTRY])
            encoder = EncoderFingerprint(**entries["encoder"])
            found = cls(entries["source"], encoder, Size(*entries["size"]), _styles(tensors))
            found._require_sound()
            return found


def blend_style_files(styles: Sequence[StyleFile], weights: Sequence[float] | None = None) -> StyleFile:
    """Return the weighted mean of several styles at every size; weights are divided by their sum.

    Raises: InputError: there are no styles, they were extracted with different settings, or the weights are unusable.
    """
    if not styles:
        raise InputError("no style was given: give at least one file.")
    for style in styles:
        require_type("a style", style, StyleFile, "a StyleFile, such as StyleFile.read returns")
    first, *others = styles
    for other in others:
        other.require_compatible(first.encoder)
        if other.styles.keys() != first.styles.keys() or set(other.layers) != set(first.layers):
            raise InputError(
                f"the styles of {first.source} and {other.source} were extracted at different sizes or layers "
                f"({_sizes(first)} and {_sizes(other)}): extract both with the same settings."
            )
    mixed = {pixels: blend_styles([one.styles[pixels] for one in styles], weights) for pixels in first.styles}
    return StyleFile(" + ".join(one.source for one in styles), first.encoder, first.size, mixed)


def _sizes(style: StyleFile) -> str:
    return ", ".join(map(str, sorted(style.styles)))


def _require_numbers(layer: str, moments: LayerStatistics) -> None:
    channels = moments.mean.shape[-1]
    side = 0 if layer == ADAIN else channels
    shapes = {"gram": (1, side, side), "mean": (1, channels), "std": (1, channels)}
    for part, shape in shapes.items():
        numbers: Tensor = getattr(moments, part)
        if tuple(numbers.shape) != shape or not numbers.is_floating_point() or not numbers.isfinite().all():
            raise ValueError(f"{layer}/{part} is not a {part} of {channels} channels")


def _move(style: Style, device: torch.device | str) -> Style:
    return Style(
        {
            layer: LayerStatistics(*(getattr(moments, part).to(device) for part in _PARTS))
            for layer, moments in style.statistics.items()
        }
    )


def _styles(tensors: Mapping[str, Tensor]) -> dict[int, Style]:
    """Return tensors named `pixels/layer/part`, grouped into styles; a layer's own name may contain a slash."""
    parts: dict[int, dict[str, dict[str, Any]]] = {}
    for name, tensor in tensors.items():
        pixels, *layer, part = name.split("/")
        parts.setdefault(int(pixels), {}).setdefault("/".join(layer), {})[part] = tensor
    if not parts:
        raise ValueError("it is empty")
    return {
        pixels: Style({layer: LayerStatistics(**moments) for layer, moments in sorted(layers.items())})
        for pixels, layers in sorted(parts.items())
    }
