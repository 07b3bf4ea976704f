"""An image as tiles of several sizes, as Deep Zoom lays them out. Imports Pillow, not torch."""

from __future__ import annotations

import shutil
from pathlib import Path
from secrets import token_hex

import PIL.Image
from PIL import ImageOps

_QUALITY = 90
_LARGEST_PROFILE = 4096
"""Bytes of a color profile that each tile may carry; larger ones belong to printers."""


def write_tiles(image: PIL.Image.Image, folder: Path, side: int, overlap: int) -> None:
    """Write the tiles of an image into a new folder, which is there as a whole or not at all.

    `side`: of a tile in pixels, without the `overlap` with each of its neighbors.
    """
    profile = image.info.get("icc_profile") or b""
    kept = {"icc_profile": profile} if 0 < len(profile) <= _LARGEST_PROFILE and image.mode == "RGB" else {}
    image = _without_alpha(to_eight_bits(ImageOps.exif_transpose(image)))
    part = folder.with_name(f"{folder.name}.{token_hex(8)}.part")  # the process of a server that was ended may go on
    try:
        for level in range((max(image.size) - 1).bit_length(), -1, -1):
            _write_level(image, part / str(level), side, overlap, kept)
            image = image.reduce(2)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        if not folder.exists():
            raise


def to_eight_bits(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return an image whose gray has 16 bits, or is a number up to 1, with levels of 8 bits; others unchanged.

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
            tile = image.crop((left, top, right, bottom))
            tile.save(folder / f"{column}_{row}.jpeg", "JPEG", quality=_QUALITY, **kept)


def _without_alpha(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return the image in RGB, over white where it is transparent."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image if image.mode == "RGB" else image.convert("RGB")
    over = image.convert("RGBA")
    white = PIL.Image.new("RGB", image.size, "white")
    white.paste(over, mask=over.getchannel("A"))
    return white
