"""Contact sheets: all images of a grid in a single image, with their names."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image as Opened
from PIL import ImageDraw, ImageFont

from brushwork.experiments.experiment import CellResult
from brushwork.video.panels import fit_text

SHEET = "sheet.png"
LARGEST = 8192
"""Approximate largest side of a sheet in pixels; images are scaled down to fit."""
GAP, LINE = 8, 18
"""Pixels between images, and height of a line of text."""
PAPER, INK = "#fcfbf8", "#26231f"


def make_contact_sheet(results: Sequence[CellResult], largest: int = LARGEST) -> Opened.Image:
    """Return the images by row and column, with the column's name above and the row's name at the left.

    All images have the same width: that of the widest, or the width that fits `largest`. Rows that share few columns
    have columns of their own.
    """
    rows, own = make_grid(results), is_sparse(results)
    columns = max(len(cells) for _, cells in rows) if own else len(unique([result.column for result in results]))
    font = ImageFont.load_default(13)
    margin = GAP + max(round(font.getlength(row)) for row, _ in rows)
    cell = _cell(results, (largest - margin) // columns - GAP, largest // len(rows) - GAP - LINE * own)
    across, down = cell[0] + GAP, cell[1] + GAP + LINE * own
    sheet = Opened.new("RGB", (margin + GAP + across * columns, LINE + GAP + down * len(rows) - LINE * own), PAPER)
    pen = ImageDraw.Draw(sheet)
    named = [] if own else unique([result.column for result in results])
    for line, (row, cells) in enumerate(rows):
        top = LINE + GAP + down * line
        pen.text((GAP, top), row, INK, font)
        for index, column in enumerate(named or cells):
            left = margin + GAP + across * index
            if own or line == 0:
                pen.text((left, top - LINE - GAP // 2), fit_text(column, cell[0], font), INK, font)
            if column in cells:
                sheet.paste(_thumbnail(cells[column], cell), (left, top))
    return sheet


def is_sparse(results: Sequence[CellResult]) -> bool:
    """Return whether at least half of the grid would be empty; if so, rows have their own columns."""
    places = len(unique([result.row for result in results])) * len(unique([one.column for one in results]))
    return len(results) < places and 2 * len(results) <= places


def make_grid(results: Sequence[CellResult]) -> list[tuple[str, dict[str, CellResult]]]:
    """Return the results by column, for each row."""
    rows = unique([result.row for result in results])
    return [(row, {result.column: result for result in results if result.row == row}) for row in rows]


def unique(names: Sequence[str]) -> list[str]:
    """Return each name once, in order."""
    return list(dict.fromkeys(names))


def _cell(results: Sequence[CellResult], widest: int, highest: int) -> tuple[int, int]:
    """Return the size of a cell: that of the largest image, within the limits."""
    sizes = [_size(result) for result in results]
    width, height = (max(sides) for sides in zip(*sizes, strict=True))
    factor = min(1.0, widest / width, highest / height)
    return max(1, int(width * factor)), max(1, int(height * factor))


def _size(result: CellResult) -> tuple[int, int]:
    with Opened.open(result.picture) as opened:
        return opened.size


def _thumbnail(result: CellResult, limits: tuple[int, int]) -> Opened.Image:
    with Opened.open(result.picture) as opened:
        image = opened.convert("RGB")
    image.thumbnail(limits, Opened.Resampling.LANCZOS)
    return image
