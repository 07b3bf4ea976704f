"""Small pictures in a terminal: two pixels in a character, the upper one its foreground, the lower its background."""

from __future__ import annotations

import torch
from rich.color import Color
from rich.style import Style
from rich.text import Text

from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.types import Image

_UPPER = "▀"
_WHITE = 255


def render_half_blocks(image: Image, columns: int, rows: int) -> Text:
    """The picture, squeezed into so many columns and rows of characters, which are about twice as high as wide."""
    small = resize(image, Size(2 * rows, columns), clamp=True)
    levels = (small[0] * _WHITE).round().to(torch.uint8).permute(1, 2, 0).tolist()
    text = Text()
    for top, bottom in zip(levels[::2], levels[1::2], strict=True):
        for upper, lower in zip(top, bottom, strict=True):
            text.append(_UPPER, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
        text.append("\n")
    text.right_crop(1)
    return text
