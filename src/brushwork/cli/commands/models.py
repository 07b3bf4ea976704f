"""`brushwork models`: list feed-forward models, and export them as ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import ceil, sqrt
from pathlib import Path
from typing import Annotated, Any

import PIL.Image
import torch
from cyclopts import App, Parameter
from PIL import ImageDraw, ImageFont
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from brushwork.cli.consoles import make_console
from brushwork.cli.flags import OUTPUT, JsonFlag, home_path
from brushwork.cli.output import format_megabytes, log, print_failure, print_json, print_result
from brushwork.cli.temporary import temporary_beside
from brushwork.errors import InputError
from brushwork.experiments.contact_sheet import GAP, INK, LINE, PAPER
from brushwork.feedforward.model import (
    BUNDLED_MODELS,
    ModelInfo,
    find_model_file,
    list_models,
    load_model,
    read_model_info,
    user_models_folder,
)
from brushwork.feedforward.onnx_export import export_onnx
from brushwork.images import Size, read_image, write_image
from brushwork.images.resample import resize
from brushwork.storage.file_names import to_readable
from brushwork.types import Image

_COLUMNS, _MOST_ROWS = 24, 12
"""Size of a thumbnail in characters."""

app = App(name="models")

_CELL = 192
"""Size of a thumbnail's cell in pixels."""

_UPPER = "▀"
_WHITE = 255


@app.default
def models(
    *names: str,
    json: Annotated[JsonFlag, Parameter(group=OUTPUT)] = False,
    sheet: Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path, metavar="OUT.png")] = None,
    force: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
) -> int:
    """List the feed-forward models known by name: those of the package, and your own.

    `brushwork paint photo.jpg --model NAME` uses one. The last line names the folder of your own models;
    BRUSHWORK_PAINTERS sets another one.

    Parameters
    ----------
    names
        Names or files; default: all known models.
    json
        Print all details as one JSON document.
    sheet
        Write an image with the style thumbnails of the models and their names.
    force
        Overwrite existing files.
    """
    infos = _labels(names)
    if sheet is not None:
        _write_sheet(infos, sheet, force)
    if json:
        print_json([describe_model(info) for info in infos])
    elif sheet is None:
        _show(infos)
    return 0


def describe_model(info: ModelInfo) -> dict[str, Any]:
    """Return the details of a model as JSON values."""
    known = {**vars(info), "path": str(info.path), "own": info.path.parent != BUNDLED_MODELS}
    return {name: value for name, value in known.items() if name != "style"}


def _labels(names: Sequence[str]) -> list[ModelInfo]:
    """Return the metadata of models; without names, of all known ones that can be read."""
    if names:
        return [read_model_info(find_model_file(name)) for name in names]
    infos = []
    for path in list_models().values():
        try:
            infos.append(read_model_info(path))
        except InputError as error:
            print_failure(str(error))
    return infos


def _show(infos: Sequence[ModelInfo]) -> None:
    terminal = make_console()
    if not terminal.is_terminal:
        for info in infos:
            print_result("\t".join(_row(info)))
        return
    for info in infos:
        terminal.print(_entry(info, terminal))
    if not infos:
        terminal.print("no painters are here.")
    terminal.print(
        f"brushwork paint PHOTO --model NAME paints by one; your own lie in {user_models_folder()}.", soft_wrap=True
    )


def _entry(info: ModelInfo, console: Console) -> Table:
    """Return a model's entry for the terminal: text, with the thumbnail beside it where colors are shown."""
    table = Table.grid(padding=(0, 2))
    words = Text("\n").join(_words(info))
    image = _thumbnail(info) if _has_colors(console) else None
    table.add_row(*([image] if image else []), words)
    return table


def _words(info: ModelInfo) -> list[Text]:
    settings = ", ".join(f"{name} {value}" for name, value in info.settings.items())
    size = f"{info.parameters:,} parameters, {format_megabytes(info.nbytes)}"
    lines = [f"{info.architecture}: {settings}", size, info.license or "no license is said"]
    where = [str(info.path)] if info.path.parent != BUNDLED_MODELS else []
    return [Text(info.path.stem, "bold"), *map(Text, [*lines, *where]), Text()]


def _has_colors(console: Console) -> bool:
    """Return whether the terminal shows 24-bit colors, and the user wants them."""
    return console.color_system == "truecolor" and not console.no_color


def _thumbnail(info: ModelInfo) -> Text | None:
    if info.style is None:
        return None
    image = read_image(BytesIO(info.style)).image
    size = Size.of(image)
    return render_half_blocks(image, _COLUMNS, min(_MOST_ROWS, max(1, round(_COLUMNS * size.height / size.width / 2))))


def _row(info: ModelInfo) -> tuple[str, ...]:
    return info.path.stem, info.architecture, str(info.parameters), format_megabytes(info.nbytes), info.license


def _write_sheet(infos: Sequence[ModelInfo], path: Path, force: bool) -> None:
    shown = [info for info in infos if info.style is not None]
    if not shown:
        raise InputError("there is nothing to show: none of the painters has a thumbnail.")
    write_image(render_model_sheet(shown), path, overwrite=force)
    log(f"{len(shown)} painters on one page")
    print_result(str(path))


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


def export_model(
    model: str,
    /,
    *,
    output: Annotated[Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar="OUT.onnx")] = None,
    force: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
    quiet: Annotated[bool, Parameter(alias="-q", group=OUTPUT, negative=(), show_default=False)] = False,
) -> int:
    """Export a model as ONNX; it gives the same results at any size in onnxruntime, in browsers and on phones.

    Its input is `photograph`, batch × 3 × height × width, sRGB from 0 to 1; its output `picture` has the same form.
    Needs the extra brushwork[onnx].

    Parameters
    ----------
    model
        The model: its file, or a name that `brushwork models` lists.
    output
        Output file; default: named after the model, in the current folder.
    force
        Overwrite existing files.
    quiet
        Print only errors and the result.
    """
    found = load_model(model)
    target = output or Path(f"{found.name}.onnx")
    with temporary_beside(target.parent):
        written = export_onnx(found, target, overwrite=force)
    if not quiet:
        log(f"{found.name}, {format_megabytes(written.stat().st_size)}")
    print_result(str(written))
    return 0


app.command(
    "brushwork.cli.commands.models:export_model", name="export", help="Write a model for other programs, as ONNX."
)
