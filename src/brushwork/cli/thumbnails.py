"""Thumbnails of models: on a sheet, and in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt

import PIL.Image
import torch
from PIL import ImageDraw, ImageFont
from rich.color import Color
from rich.style import Style
from rich.text import Text

from brushwork.experiments.contact_sheet import GAP, INK, LINE, PAPER
from brushwork.feedforward.model_info import ModelInfo
from brushwork.images import Size, read_image, resize
from brushwork.storage.file_names import to_readable
from brushwork.types import Image

_CELL = 192
"""Size of a thumbnail's cell in pixels."""

_UPPER = "▀"
_WHITE = 255


def render_model_sheet(infos: Sequence[ModelInfo]) -> Image:
    """Draw the thumbnails of models in rows, each with its name below. All models must have one."""
    columns = ceil(sqrt(len(infos)))
    rows = ceil(len(infos) / columns)
    across, down = _CELL + GAP, _CELL + LINE + GAP
    sheet = PIL.Image.new("RGB", (GAP + across * columns, GAP + down * rows), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, info in enumerate(infos):
        left, top = GAP + across * (number % columns), GAP + down * (number // columns)
        with PIL.Image.open(BytesIO(info.style or b"")) as opened:
            image = opened.convert("RGB")
        image.thumbnail((_CELL, _CELL), PIL.Image.Resampling.LANCZOS)
        sheet.paste(image, (left + (_CELL - image.width) // 2, top + _CELL - image.height))
        pen.text((left + _CELL // 2, top + _CELL + LINE // 2), to_readable(info.path.stem), INK, font, anchor="mm")
    return read_image(sheet).image


def render_half_blocks(image: Image, columns: int, rows: int) -> Text:
    """Render an image in columns and rows of characters, which are about twice as high as wide."""
    small = resize(image, Size(2 * rows, columns), clamp=True)
    levels = (small[0] * _WHITE).round().to(torch.uint8).permute(1, 2, 0).tolist()
    text = Text()
    for top, bottom in zip(levels[::2], levels[1::2], strict=True):
        for upper, lower in zip(top, bottom, strict=True):
            text.append(_UPPER, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
        text.append("\n")
    text.right_crop(1)
    return text
