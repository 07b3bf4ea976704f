"""Style images for training: reading, style targets at a size, thumbnails, and texture patches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.images import read_image
from brushwork.images.crop_pad import crop
from brushwork.images.encode import encode_image, quantize
from brushwork.images.formats import format_of
from brushwork.images.geometry import Size, Window, fit_size
from brushwork.images.resample import resize
from brushwork.options import require_enough_pixels
from brushwork.style import Style, blend_styles
from brushwork.training.tasks.texture_net_options import PATCH
from brushwork.types import Image

THUMBNAIL = 160
"""Height of a thumbnail in pixels."""

_QUALITY = 85


def make_style_target(
    styles: Sequence[Image], style_size: int, encoder: Encoder, layers: Iterable[str], blend: Sequence[float] = ()
) -> Style:
    """Return the blended moments of the style images at the given layers; a layer may be listed twice.

    The images are resized to a short side of `style_size`; without `blend`, they have equal weights.

    Raises: InputError: there is no style image, one is too small, or the encoder lacks a layer.
    """
    layers = tuple(dict.fromkeys(layers))
    for style in styles:
        require_enough_pixels(Size.of(style), "a style image")
    scaled = [resize(one, fit_size(Size.of(one), style_size, measure="short"), clamp=True) for one in styles]
    return blend_styles([Style.of(one, encoder, layers) for one in scaled], blend or None)


def read_styles(styles: Sequence[Path]) -> list[Image]:
    """Read the style images. Raises: InputError."""
    return [read_image(one).image for one in styles]


def read_patches(styles: Sequence[Path], patch: str) -> list[Image]:
    """Read the style images, or the same part of each. Raises: InputError."""
    return [crop_patch(image, patch) for image in read_styles(styles)]


def make_thumbnail(images: Sequence[Image]) -> bytes:
    """Return a thumbnail of the image as a JPEG file; for several images, the middle squares side by side."""
    small = [_reduce(one, is_square=len(images) > 1) for one in images]
    side_by_side = torch.cat([one.cpu() for one in small], dim=-1)
    format = format_of("thumbnail.jpg")
    return encode_image(quantize(side_by_side, 8, over_white=True), format, metadata=None, quality=_QUALITY)


def _reduce(image: Image, *, is_square: bool) -> Image:
    size = Size.of(image)
    if is_square:
        size = Size(min(size), min(size))
        image = crop(image, size)
    return resize(image, Size(THUMBNAIL, max(1, round(size.width * THUMBNAIL / size.height))), clamp=True)


def crop_patch(image: Image, text: str) -> Image:
    """Return the part of an image given by WIDTHxHEIGHT+LEFT+TOP in pixels; the whole image if the text is empty.

    Raises: InputError: the part extends beyond the image, or is empty.
    """
    found = PATCH.fullmatch(text)
    if found is None:
        return image
    width, height, left, top = map(int, found.groups())
    whole = Size.of(image)
    if width == 0 or height == 0 or left + width > whole.width or top + height > whole.height:
        raise InputError(f"patch is {text}, but the image is {whole}: give a part of it, WIDTHxHEIGHT+LEFT+TOP.")
    return Window(top, left, height, width, whole).crop(image)
