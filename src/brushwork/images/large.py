"""Read images that are too large to decode at once: a window, or the full image strip by strip."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray

from brushwork.errors import InputError
from brushwork.images.camera_raw import require_not_raw
from brushwork.images.decode_vips import mark_stated, read_stated_pixels
from brushwork.images.files import open_image_file
from brushwork.images.geometry import Size, Window, require_size, rows_at_a_time
from brushwork.images.icc import to_srgb, to_srgb_deep
from brushwork.images.loaded import LoadedImage, damaged_file_error, frames_note, repeat_gray, to_planes
from brushwork.images.resample import block_means, divided_size
from brushwork.storage.file_names import is_utf8
from brushwork.types import Image

_BITS = {"uchar": 8, "ushort": 16}
_SPACES = {1: ("b-w", "grey16"), 3: ("srgb", "rgb16")}
"""Number of channels → libvips interpretations of images that can be read in parts."""

_UPRIGHT = 1


@dataclass(frozen=True)
class LargeImage:
    """An image file that is read in parts, upright and in sRGB. Opaque, gray or RGB, 8 or 16 bits a sample."""

    path: Path
    size: Size
    bits: int
    notes: tuple[str, ...]
    _anywhere: Any = field(repr=False)
    """The libvips image, decoded on demand, for access in any order."""
    _in_order: Callable[[], Any] = field(repr=False)
    """Opens the same image for one sequential read, from top to bottom."""

    def read_window(self, window: Window) -> Image:
        """Return a window of the image, in [0, 1].

        In tiled TIFF files, only the tiles that are needed are decoded. Other files are decoded in full, once, into
        memory that libvips moves to disk if it is large.

        Raises: InputError: a window of another full size or outside the image, or a damaged file.
        """
        inside = (
            0 <= window.top < window.bottom <= self.size.height and 0 <= window.left < window.right <= self.size.width
        )
        if not inside or window.full_size != self.size:
            raise InputError(
                f"{self.path.name} is {self.size} pixels, and does not contain {window}: use a window inside it."
            )
        return repeat_gray(to_planes(self._samples(self._anywhere, window)))

    def read(self, divisor: int = 1) -> LoadedImage:
        """Return the full image with its sides divided by an integer, each pixel the mean of a square block.

        It is decoded in strips: nothing in memory is as large as the result.

        Raises: InputError: a damaged file.
        """
        height, width = divided_size(self.size, divisor)
        whole, image = torch.empty(1, 3, height, width), self._in_order()
        rows = rows_at_a_time(self.size.width, divisor)
        for strip in Window.whole(self.size).strips(rows):
            means = block_means(repeat_gray(to_planes(self._samples(image, strip))), divisor)
            place = strip.top // divisor
            whole[..., place : place + means.shape[-2], :] = means
        return LoadedImage(whole, None, self.notes, self.bits, self.path.name)

    def _samples(self, image: Any, window: Window) -> NDArray[Any]:
        """Return sRGB or gray samples, rows × columns × channels."""
        import pyvips

        try:
            fetched = pyvips.Region.new(image).fetch(window.left, window.top, window.width, window.height)
        except pyvips.Error as error:
            raise damaged_file_error(self.path.name, error) from error
        samples = np.frombuffer(fetched, f"uint{self.bits}").reshape(window.height, window.width, image.bands)
        return _convert(samples, _profile(image))[0]


def find_large_image(pyvips: Any, path: Path, max_pixels: int) -> LargeImage | None:
    """Return an image file opened for reading in parts; None if it can only be read in full.

    Raises: InputError: not an image, a damaged one, or more than `max_pixels`.
    """

    with open_image_file(path) as file:
        require_not_raw(file, path.name)
        said = read_stated_pixels(file, path.name)

    def open_image(access: str) -> Any:
        options = {"access": access, "fail_on": "error", "revalidate": True}
        if is_utf8(path):
            return mark_stated(pyvips, pyvips.Image.new_from_file(str(path), **options), said)
        source = pyvips.Source.new_from_file(os.fsencode(path))
        return mark_stated(pyvips, pyvips.Image.new_from_source(source, "", **options), said)

    try:
        stored = open_image("random")
        image = stored.autorot()
    except pyvips.Error as error:
        raise damaged_file_error(path.name, error) from error
    size = Size(image.height, image.width)
    require_size(path.name, size, max_pixels)
    if image.format not in _BITS or image.interpretation not in _SPACES.get(image.bands, ()):
        return None
    kind = np.dtype(f"uint{_BITS[image.format]}")
    _, notes = _convert(np.zeros((1, 1, image.bands), kind), _profile(image))
    frames = image.get("n-pages") if image.get_typeof("n-pages") else 1
    upright = _orientation(stored) == _UPRIGHT
    in_order = (lambda: open_image("sequential")) if upright else (lambda: image)  # not a rotated one
    return LargeImage(path, size, _BITS[image.format], (*frames_note(frames), *notes), image, in_order)


def _orientation(image: Any) -> int:
    return int(image.get("orientation")) if image.get_typeof("orientation") else _UPRIGHT


def _profile(image: Any) -> bytes | None:
    return image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None


def _convert(samples: NDArray[Any], icc: bytes | None) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return samples converted to sRGB, as for images that are read in full, and notes for the user."""
    if samples.dtype == np.uint16:
        return to_srgb_deep(samples, icc)
    return to_srgb(PIL.Image.fromarray(samples[..., 0] if samples.shape[-1] == 1 else samples), icc)
