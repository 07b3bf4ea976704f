"""Pictures side by side, with captions."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

_HEIGHT, _LETTERS = 22, 14
"""Pixels of the strip below a picture, and of its letters."""
_INK = (230, 230, 230)


def caption(picture: NDArray[Any], text: str) -> NDArray[Any]:
    """Return a picture, as 8-bit sRGB, with a line of text below it."""
    height, width, _ = picture.shape
    canvas = PillowImage.new("RGB", (width, height + _HEIGHT))
    canvas.paste(PillowImage.fromarray(picture), (0, 0))
    font = ImageFont.load_default(_LETTERS)
    drawing = ImageDraw.Draw(canvas)
    while len(text) > 1 and drawing.textlength(text, font) > width - 8:
        text = text[:-1]
    drawing.text((4, height + 2), text, _INK, font)
    return np.asarray(canvas)


def in_a_grid(pictures: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return pictures of one size in rows, about as many of them as columns; both sides are even."""
    columns = ceil(sqrt(len(pictures)))
    height, width, channels = pictures[0].shape
    rows = ceil(len(pictures) / columns)
    sheet = np.zeros((rows * height + rows * height % 2, columns * width + columns * width % 2, channels), np.uint8)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = picture
    return sheet
