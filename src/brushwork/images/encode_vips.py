"""Write large images with libvips: tiled TIFF pyramids, Deep Zoom, and others, without copying the tensor."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.formats import ImageFormat
from brushwork.images.geometry import Size
from brushwork.images.icc import make_srgb_profile
from brushwork.images.metadata import insert_jpeg_text, insert_png_text, make_xml_element, make_xmp_packet
from brushwork.storage.file_names import to_readable
from brushwork.types import Image

_BIG = 2**32
"""Largest ordinary TIFF file in bytes: its offsets have 32 bits."""

_TILE = 256
"""Tile side in pixels that most programs expect in tiled TIFF files."""

_INSERTED = {"PNG": insert_png_text, "JPEG": insert_jpeg_text}
"""Formats whose metadata is inserted into the first bytes of the file; for others, libvips writes it."""

_DEEP_ZOOM_TILE, _OVERLAP = 254, 1
"""Pixels; with the overlap on both sides, tiles are 256 pixels wide, as is usual."""

_END = "</Image>"

_FOREIGN = "vips-properties.xml"
"""File of image properties that libvips writes; nothing reads it."""


def to_vips(pyvips: Any, image: Image, alpha: Tensor | None, *, bits: int, over_white: bool) -> Any:
    """Return a libvips image of the nearest integer levels, marked as sRGB and computed lazily.

    The tensors must not change until it is saved.
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
    """Encode an image into a file.

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
    """A writer to a file that inserts something into the first bytes, which hold the header and more."""

    def __init__(self, file: BinaryIO, insert: Callable[[bytes], bytes]) -> None:
        self._file, self._insert = file, insert
        self._begun = False
        self.failure: OSError | None = None
        """The system's error; libvips only reports that it could not write."""

    def write(self, content: Any) -> int:
        """Write the bytes, and return how many were taken; −1 on failure."""
        given = bytes(content)
        try:
            self._file.write(given if self._begun else self._insert(given))
        except OSError as error:
            self.failure = error
            return -1
        self._begun = True
        return len(given)


def _options(format: ImageFormat, image: Any, quality: int, pyramid: bool) -> dict[str, Any]:
    samples = image.width * image.height * image.bands * (1 if image.format == "uchar" else 2)
    options: dict[str, dict[str, Any]] = {
        "PNG": {"filter": "all"},
        "JPEG": {"Q": quality, "subsample_mode": "off"},
        # `exact` keeps the colors under alpha 0: they are part of the result.
        "WEBP": {"Q": quality, "exact": True},
        "TIFF": {
            "compression": "deflate",
            "predictor": "horizontal",
            "tile": True,
            "tile_width": _TILE,
            "tile_height": _TILE,
            "bigtiff": samples > _BIG,
            "pyramid": pyramid,
            "subifd": pyramid,  # the smaller versions are not pages
        },
    }
    return options[format.name]


def _plane(pyvips: Any, values: Tensor) -> Any:
    """Return one channel as a libvips image, clamped to [0, 1]."""
    height, width = Size.of(values)
    samples = values.detach().float().cpu().contiguous().numpy()
    return pyvips.Image.new_from_memory(samples.data, width, height, 1, "float").clamp(min=0, max=1)


def write_deep_zoom(pyvips: Any, image: Any, folder: Path, name: str, *, metadata: str | None, quality: int) -> None:
    """Write `name`.dzi, its tiles and its page into a folder; metadata becomes an element of the .dzi file.

    Raises: InputError: libvips cannot write it.
    """
    place = os.fsencode(folder / name)
    suffix = f".jpg[Q={quality},subsample_mode=off]"  # no profile: browsers assume sRGB
    try:
        image.dzsave(place, layout="dz", suffix=suffix, tile_size=_DEEP_ZOOM_TILE, overlap=_OVERLAP, keep="none")
    except pyvips.Error as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the tiles of {name} cannot be written ({reason}): is the disk full?") from error
    (folder / f"{name}_files" / _FOREIGN).unlink(missing_ok=True)
    if metadata is not None:
        about = folder / f"{name}.dzi"
        text = about.read_text(encoding="utf-8")
        about.write_text(text.replace(_END, f"{make_xml_element(metadata)}\n{_END}"), encoding="utf-8")
    page = _page(name, Size(image.height, image.width))
    (folder / f"{name}.html").write_text(page, encoding="utf-8")


def _page(name: str, size: Size) -> str:
    """Return the HTML page of the viewer, filled in for one image."""
    address = quote(os.fsencode(f"{name}_files"), safe="")
    values = {
        "files": address,
        "width": size.width,
        "height": size.height,
        "tile": _DEEP_ZOOM_TILE,
        "overlap": _OVERLAP,
    }
    page = files("brushwork.images").joinpath("deepzoom.html").read_text(encoding="utf-8")
    title, image = html.escape(to_readable(name)), json.dumps(values)
    # Inside a script element, no text may look like its closing tag.
    return page.replace("{{title}}", title).replace("{{picture}}", image.replace("<", "\\u003c"))
