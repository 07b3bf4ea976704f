"""A page of painters: what each has learned from, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt

import PIL.Image
from PIL import ImageDraw, ImageFont

from brushwork.fast.label import ModelInfo
from brushwork.lab.sheet import GAP, INK, LINE, PAPER
from brushwork.names import to_readable
from brushwork.picture import read_image
from brushwork.types import Image

_CELL = 192
"""Pixels of a thumbnail's room."""


def render_model_sheet(infos: Sequence[ModelInfo]) -> Image:
    """The thumbnails of painters in rows, each with its name below. All of them have one."""
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
