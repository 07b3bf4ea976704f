"""Pictures side by side, with captions."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

_LINE, _BELOW, _LETTERS = 18, 4, 14
"""Heights in pixels of a line of text, of the space below the last line, and of the letters."""
_GAP = 4
"""Pixels between columns."""
_INK = (230, 230, 230)


def caption(picture: NDArray[Any], *lines: str) -> NDArray[Any]:
    """Return an 8-bit sRGB picture with lines of text below it."""
    height, width, _ = picture.shape
    canvas = PillowImage.new("RGB", (width, height + _LINE * len(lines) + _BELOW))
    canvas.paste(PillowImage.fromarray(picture), (0, 0))
    font = ImageFont.load_default(_LETTERS)
    drawing = ImageDraw.Draw(canvas)
    for number, text in enumerate(lines):
        drawing.text((4, height + 2 + _LINE * number), fit_text(text, width - 8, font), _INK, font)
    return np.asarray(canvas)


def fit_text(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return the text, or as much of it as fits into a width in pixels, with an ellipsis."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def in_a_grid(pictures: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return pictures of one size in a grid with about as many rows as columns; both sides are even."""
    columns = ceil(sqrt(len(pictures)))
    height, width, channels = pictures[0].shape
    rows = ceil(len(pictures) / columns)
    full = rows * height, columns * (width + _GAP) - _GAP
    sheet = np.zeros((*(side + side % 2 for side in full), channels), np.uint8)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        left = column * (width + _GAP)
        sheet[row * height : (row + 1) * height, left : left + width] = picture
    return sheet
