"""A style out of its painting: what a network sees of it at every size of a painting to come, in a file of some MB."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import log
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save

from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.options import EncoderOptions, SizeOptions
from brushwork.storage.atomic import atomic_write
from brushwork.storage.tensors import open_tensors
from brushwork.style import LayerStatistics, Style, blend_styles

ENDING = ".style"
"""By this a style is told from a picture."""

_ENTRY = "brushwork style"
"""Name of the metadata's entry."""

_SEEING = ("pooling", "padding", "ceil", "encoder_scale")
_PARTS = ("gram", "mean", "std")


@dataclass(frozen=True)
class EncoderFingerprint:
    """How the network looked; another look sees another style."""

    network: str
    fingerprint: str
    """Of the network's weights (`Encoder.fingerprint`): names alone can be taken twice."""
    pooling: str
    padding: str
    ceil: bool
    encoder_scale: float
    measure: str
    """What the sizes of a kept style measure."""

    @classmethod
    def of(cls, options: SizeOptions, seeing: EncoderOptions, encoder: Encoder) -> EncoderFingerprint:
        """How a recipe's options, and the network that they name, look."""
        settings = {name: getattr(seeing, name) for name in _SEEING}
        return cls(encoder.name, encoder.fingerprint, **settings, measure=options.measure)

    def differences(self, other: EncoderFingerprint) -> list[str]:
        """What the other does differently, in words."""
        mine, yours = asdict(self), asdict(other)
        return [f"{name} {mine[name]}, not {yours[name]}" for name in mine if mine[name] != yours[name]]


@dataclass(frozen=True)
class StyleFile:
    """The styles of a painting, or of a mixture of paintings, at several sizes."""

    source: str
    """What it was taken from."""
    encoder: EncoderFingerprint
    size: Size
    """The largest size at which the painting was looked at."""
    styles: Mapping[int, Style] = field(repr=False)
    """Pixels, as `measure` says, of the painting that is looked at → its moments by the network's own taps."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Where it can be asked for."""
        return tuple(sorted(next(iter(self.styles.values())).statistics))

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        moments = [one for style in self.styles.values() for one in style.statistics.values()]
        return sum(getattr(one, part).nbytes for one in moments for part in _PARTS)

    def style_at(self, pixels: int, layers: Sequence[str], encoder: Encoder) -> Style:
        """The style at layers, for a painting looked at in a size; the nearest size that was kept.

        Raises: InputError: a layer that was not kept.
        """
        nearest = self.styles[min(self.styles, key=lambda kept: abs(log(kept / pixels)))]
        missing = [layer for layer in layers if encoder.layer(layer) not in nearest.statistics]
        if missing:
            raise InputError(
                f"the style of {self.source} was kept without {missing[0]}: keep it with that layer, "
                f"or paint with these: {', '.join(self.layers)}."
            )
        return Style({layer: nearest.statistics[encoder.layer(layer)] for layer in layers})

    def require_compatible(self, seen: EncoderFingerprint) -> None:
        """Refuse another look than that with which the style was taken.

        Raises: InputError.
        """
        differences = self.encoder.differences(seen)
        if differences:
            raise InputError(
                f"the style of {self.source} was taken with {'; '.join(differences)}: paint with the same settings, "
                "or keep it again."
            )

    def to(self, device: torch.device | str) -> StyleFile:
        """The same on a device."""
        return replace(self, styles={pixels: _moved(style, device) for pixels, style in self.styles.items()})

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write it into a safetensors file, as a whole or not at all.

        Raises: InputError: it cannot be written, or is there and may not be overwritten.
        """
        tensors = {
            f"{pixels}/{layer}/{part}": getattr(moments, part).cpu().contiguous()
            for pixels, style in self.styles.items()
            for layer, moments in style.statistics.items()
            for part in _PARTS
        }
        story = {"source": self.source, "seen": asdict(self.encoder), "size": list(self.size)}
        with atomic_write(path, overwrite=overwrite) as temporary:
            # As bytes: safetensors itself writes files that nobody else may read.
            temporary.write_bytes(save(tensors, {_ENTRY: json.dumps(story)}))

    @classmethod
    def read(cls, path: Path) -> StyleFile:
        """The opposite of `write`.

        Raises: InputError: missing, damaged, or no style.
        """
        try:
            with open_tensors(path) as file:
                story = json.loads((file.metadata() or {})[_ENTRY])
                found = [(name.split("/"), file.get_tensor(name)) for name in file.keys()]  # noqa: SIM118
            return cls(
                story["source"],
                EncoderFingerprint(**_rename_old_entries(story["seen"])),
                Size(*story["size"]),
                _styles(found),
            )
        except FileNotFoundError as error:
            raise InputError(f"{path} is missing: check the name and the folder.") from error
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} is no style as `brushwork style extract` writes them, or damaged ({error!r})."
            ) from error


def blend_style_files(styles: Sequence[StyleFile], weights: Sequence[float] | None = None) -> StyleFile:
    """The weighted mean of several styles at every size; weights are divided by their sum.

    Raises: InputError: no styles, styles that were taken differently, or weights that cannot be used.
    """
    if not styles:
        raise InputError("no style was given: name at least one file.")
    first, *others = styles
    for other in others:
        other.require_compatible(first.encoder)
        if other.styles.keys() != first.styles.keys() or set(other.layers) != set(first.layers):
            raise InputError(
                f"the styles of {first.source} and {other.source} were kept at other sizes or layers "
                f"({_sizes(first)} and {_sizes(other)}): keep them alike."
            )
    mixed = {pixels: blend_styles([one.styles[pixels] for one in styles], weights) for pixels in first.styles}
    return StyleFile(" + ".join(one.source for one in styles), first.encoder, first.size, mixed)


def _rename_old_entries(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Entries of a file of any version, under their names now."""
    return {"encoder_scale" if name == "white" else name: value for name, value in seen.items()}


def _sizes(style: StyleFile) -> str:
    return ", ".join(map(str, sorted(style.styles)))


def _moved(style: Style, device: torch.device | str) -> Style:
    return Style(
        {
            layer: LayerStatistics(*(getattr(moments, part).to(device) for part in _PARTS))
            for layer, moments in style.statistics.items()
        }
    )


def _styles(found: Sequence[tuple[list[str], Any]]) -> dict[int, Style]:
    """From `pixels/tap/part` to styles; a tap's own name may hold a slash."""
    parts: dict[int, dict[str, dict[str, Any]]] = {}
    for (pixels, *tap, part), tensor in found:
        parts.setdefault(int(pixels), {}).setdefault("/".join(tap), {})[part] = tensor
    if not parts:
        raise ValueError("it is empty")
    return {
        pixels: Style({layer: LayerStatistics(**moments) for layer, moments in sorted(layers.items())})
        for pixels, layers in sorted(parts.items())
    }
