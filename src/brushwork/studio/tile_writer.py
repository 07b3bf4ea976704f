"""Write an image as tiles of several sizes in the layout of Deep Zoom. Imports Pillow, not torch."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import PIL.Image
from PIL import ImageOps

_QUALITY = 90
_STRIP = 2**22
"""Pixels of an image that are prepared at once."""
_LARGEST_PROFILE = 4096
"""Bytes of a color profile that each tile may carry; larger ones belong to printers."""


def write_tiles(image: PIL.Image.Image, folder: Path, side: int, overlap: int) -> None:
    """Write the tiles of an image into a new folder, which is complete or does not exist.

    `side`: side of a tile in pixels, without the `overlap` with each of its neighbors.
    """
    profile = image.info.get("icc_profile") or b""
    kept = {"icc_profile": profile} if 0 < len(profile) <= _LARGEST_PROFILE and image.mode == "RGB" else {}
    ImageOps.exif_transpose(image, in_place=True)
    part = folder.with_name(f"{folder.name}.{token_hex(8)}.part")  # a process of an ended server may still run
    try:
        for level in range((max(image.size) - 1).bit_length(), -1, -1):
            _write_level(image, part / str(level), side, overlap, kept)
            image = reduce_image(image, 2, _to_opaque)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        if not folder.exists():
            raise


def to_eight_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return an image of 16-bit gray, or of floats up to 1, with 8-bit levels; others unchanged.

    Pillow's own conversion does not scale: nearly all of it would be white.
    """
    if image.mode == "F":
        levels = image.point(lambda value: value * 255 + 0.5)
    elif image.mode.startswith("I"):
        levels = image.convert("I").point(lambda value: value * (1 / 257) + 0.5)
    else:
        return image
    levels.info.pop("transparency", None)  # a level of 16 bits
    return levels.convert("L")


def _write_level(image: PIL.Image.Image, folder: Path, side: int, overlap: int, kept: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for row in range(-(-image.height // side)):
        for column in range(-(-image.width // side)):
            left, top = max(0, column * side - overlap), max(0, row * side - overlap)
            right = min(image.width, (column + 1) * side + overlap)
            bottom = min(image.height, (row + 1) * side + overlap)
            tile = _to_opaque(image.crop((left, top, right, bottom)))
            tile.save(folder / f"{column}_{row}.jpeg", "JPEG", quality=_QUALITY, **kept)


def reduce_image(
    image: PIL.Image.Image, factor: int, prepare: Callable[[PIL.Image.Image], PIL.Image.Image]
) -> PIL.Image.Image:
    """Return a prepared image with its sides divided by a factor and rounded up; each pixel is a mean.

    `prepare` is called for strips of the image, so that there is no second full copy.
    """
    width, height = image.size
    rows = factor * max(1, _STRIP // (factor * width))
    parts = (image.crop((0, top, width, min(height, top + rows))) for top in range(0, height, rows))
    small: PIL.Image.Image | None = None
    for number, part in enumerate(parts):
        reduced = prepare(part).reduce(factor)
        if small is None:
            small = PIL.Image.new(reduced.mode, (reduced.width, -(-height // factor)))
        small.paste(reduced, (0, number * rows // factor))
    assert small is not None
    return small


def _to_opaque(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return the image in RGB of 8 bits, over white where it is transparent."""
    image = to_eight_bits(image)
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image if image.mode == "RGB" else image.convert("RGB")
    over = image.convert("RGBA")
    white = PIL.Image.new("RGB", image.size, "white")
    white.paste(over, mask=over.getchannel("A"))
    return white
