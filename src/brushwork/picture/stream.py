"""Giant pictures into files: libvips pulls the samples out of the tensor as it encodes, and makes no copy of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from torch import Tensor

from brushwork.errors import InputError
from brushwork.picture.formats import ImageFormat
from brushwork.picture.metadata import insert_jpeg_text, insert_png_text, make_xmp_packet
from brushwork.picture.profile import make_srgb_profile
from brushwork.picture.window import Size
from brushwork.types import Image

_BIG = 2**32
"""Bytes; an ordinary TIFF counts its places in 32 bits."""

_TILE = 256
"""Pixels a side, as most programs expect of tiled TIFF files."""

_INSERTED = {"PNG": insert_png_text, "JPEG": insert_jpeg_text}
"""Where the text goes in with the file's first bytes; elsewhere libvips writes it."""


def to_vips(pyvips: Any, image: Image, alpha: Tensor | None, *, bits: int, over_white: bool) -> Any:
    """A picture for libvips: the nearest whole levels, marked as sRGB, computed as they are asked for.

    The tensors must stay as they are until it is saved.
    """
    planes = [_plane(pyvips, image[:, channel]) for channel in range(3)]
    color, coverage = planes[0].bandjoin(planes[1:]), None if alpha is None else _plane(pyvips, alpha[:, 0])
    if coverage is not None:
        color = color * coverage + (1 - coverage) if over_white else color.bandjoin(coverage)
    whole = (color * (2**bits - 1)).rint().cast("uchar" if bits == 8 else "ushort")
    marked = whole.copy(interpretation="srgb" if bits == 8 else "rgb16")
    marked.set_type(pyvips.GValue.blob_type, "icc-profile-data", make_srgb_profile())
    return marked


def encode_large(
    pyvips: Any, image: Any, path: Path, format: ImageFormat, *, metadata: str | None, quality: int, pyramid: bool
) -> None:
    """Encode a picture into a file.

    Raises: InputError: the format cannot hold it, or libvips cannot write it. OSError: the system cannot.
    """
    try:
        if metadata is not None and format.name in _INSERTED:
            with path.open("wb") as file:
                _stream_with_text(pyvips, image, file, format, metadata, quality)
            return
        if metadata is not None:
            image.set_type(pyvips.GValue.blob_type, "xmp-data", make_xmp_packet(metadata))
        save = getattr(image, f"{format.name.lower()}save")
        save(os.fsencode(path), **_options(format, image, quality, pyramid), keep="icc|xmp")
    except pyvips.Error as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the picture cannot be written as {format.name} ({reason}): is the disk full?") from error


def _stream_with_text(pyvips: Any, image: Any, file: BinaryIO, format: ImageFormat, text: str, quality: int) -> None:
    target = _Inserting(file, lambda start: _INSERTED[format.name](start, text))
    custom = pyvips.TargetCustom()
    custom.on_write(target.write)
    try:
        save = getattr(image, f"{format.name.lower()}save_target")
        save(custom, **_options(format, image, quality, pyramid=False), keep="icc")
    except pyvips.Error:
        if target.failure is not None:
            raise target.failure from None
        raise


class _Inserting:
    """Passes bytes on to a file, the first of them (a header and more) with something inserted."""

    def __init__(self, file: BinaryIO, insert: Callable[[bytes], bytes]) -> None:
        self._file, self._insert = file, insert
        self._begun = False
        self.failure: OSError | None = None
        """What the system said; libvips only says that it could not write."""

    def write(self, content: Any) -> int:
        """As many bytes as were taken."""
        given = bytes(content)
        try:
            self._file.write(given if self._begun else self._insert(given))
        except OSError as error:
            self.failure = error
            return -1
        self._begun = True
        return len(given)


def _options(format: ImageFormat, image: Any, quality: int, pyramid: bool) -> dict[str, Any]:
    samples = image.width * image.height * image.split_rows * (1 if image.format == "uchar" else 2)
    options: dict[str, dict[str, Any]] = {
        "PNG": {"filter": "all"},
        "JPEG": {"Q": quality, "subsample_mode": "off"},
        # `exact` keeps the colors under alpha 0: they are painted.
        "WEBP": {"Q": quality, "exact": True},
        "TIFF": {
            "compression": "deflate",
            "predictor": "horizontal",
            "tile": True,
            "tile_width": _TILE,
            "tile_height": _TILE,
            "bigtiff": samples > _BIG,
            "pyramid": pyramid,
            "subifd": pyramid,  # smaller versions are no pages
        },
    }
    return options[format.name]


def _plane(pyvips: Any, values: Tensor) -> Any:
    """One channel, clamped to [0, 1]."""
    height, width = Size.of(values)
    samples = values.detach().float().cpu().contiguous().numpy()
    return pyvips.Image.new_from_memory(samples.data, width, height, 1, "float").clamp(min=0, max=1)
