"""A page of painters: what each has learned from, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt

import PIL.Image
from PIL import ImageDraw, ImageFont

from brushwork.fast.label import Label
from brushwork.lab.sheet import GAP, INK, LINE, PAPER
from brushwork.names import readable
from brushwork.picture import read_picture
from brushwork.types import Image

_CELL = 192
"""Pixels of a thumbnail's room."""


def painter_sheet(labels: Sequence[Label]) -> Image:
    """The thumbnails of painters in rows, each with its name below. All of them have one."""
    columns = ceil(sqrt(len(labels)))
    rows = ceil(len(labels) / columns)
    across, down = _CELL + GAP, _CELL + LINE + GAP
    sheet = PIL.Image.new("RGB", (GAP + across * columns, GAP + down * rows), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for number, label in enumerate(labels):
        left, top = GAP + across * (number % columns), GAP + down * (number // columns)
        with PIL.Image.open(BytesIO(label.style or b"")) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((_CELL, _CELL), PIL.Image.Resampling.LANCZOS)
        sheet.paste(picture, (left + (_CELL - picture.width) // 2, top + _CELL - picture.height))
        pen.text((left + _CELL // 2, top + _CELL + LINE // 2), readable(label.path.stem), INK, font, anchor="mm")
    return read_picture(sheet).image
