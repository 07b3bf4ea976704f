"""`brushwork models`: list feed-forward models, and export them as ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from brushwork import feedforward, images
from brushwork.cli.config import FLAG_ONLY
from brushwork.cli.consoles import make_console
from brushwork.cli.flags import OUTPUT, SETTINGS, home_path
from brushwork.cli.output import log, print_failure, print_json, print_result
from brushwork.cli.run_flags import Flag, Force, Quiet
from brushwork.cli.temporary import temporary_beside
from brushwork.errors import InputError
from brushwork.images import Size
from brushwork.units import format_megabytes

_COLUMNS, _MOST_ROWS = 24, 12
"""Size of a thumbnail in characters."""
_NO_LICENSE = "no license given"

app = App(name="models", usage="Usage: brushwork models [COMMAND] [OPTIONS] [NAME...]")


@app.default
def models(
    *names: str,
    json: Flag = False,
    sheet: Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path, metavar="OUT.png")] = None,
    force: Force = False,
) -> int:
    """List the feed-forward models known by name: those of the package, and your own.

    `brushwork paint photo.jpg --model NAME` uses one. The last line names the folder of your own models;
    BRUSHWORK_MODELS sets another one.

    Parameters
    ----------
    names
        Names or files; default: all known models.
    json
        Print all details as one JSON document.
    sheet
        Write an image with the style thumbnails of the models and their names.
    """
    infos = _labels(names)
    if sheet is not None:
        _write_sheet(infos, sheet, force)
    if json:
        print_json([describe_model(info) for info in infos])
    elif sheet is None:
        _show(infos)
    return 0


def describe_model(info: feedforward.ModelInfo) -> dict[str, Any]:
    """Return the details of a model as JSON values."""
    known = {**vars(info), "path": str(info.path), "own": info.path.parent != feedforward.BUNDLED_MODELS}
    return {name: value for name, value in known.items() if name != "style"}


def _labels(names: Sequence[str]) -> list[feedforward.ModelInfo]:
    """Return the metadata of models; without names, of all known ones that can be read."""
    if names:
        return [feedforward.read_model_info(feedforward.find_model_file(name)) for name in names]
    infos = []
    for path in feedforward.list_models().values():
        try:
            infos.append(feedforward.read_model_info(path))
        except InputError as error:
            print_failure(str(error))
    return infos


def _show(infos: Sequence[feedforward.ModelInfo]) -> None:
    terminal = make_console()
    if not terminal.is_terminal:
        for info in infos:
            print_result("\t".join(_row(info)))
        return
    for info in infos:
        terminal.print(_entry(info, terminal))
    if not infos:
        terminal.print("no models were found.")
    terminal.print(
        f"Use one with brushwork paint PHOTO --model NAME; your own models are in {feedforward.user_models_folder()}.",
        soft_wrap=True,
    )


def _entry(info: feedforward.ModelInfo, console: Console) -> Table:
    """Return a model's entry for the terminal: text, with the thumbnail beside it where colors are shown."""
    table = Table.grid(padding=(0, 2))
    words = Text("\n").join(_words(info))
    image = _thumbnail(info) if _has_colors(console) else None
    table.add_row(*([image] if image else []), words)
    return table


def _words(info: feedforward.ModelInfo) -> list[Text]:
    settings = ", ".join(f"{name} {_plain(value)}" for name, value in info.settings.items())
    size = f"{info.parameters:,} parameters, {format_megabytes(info.nbytes)}"
    lines = [f"{info.architecture}: {settings}", size, info.license or _NO_LICENSE]
    where = [str(info.path)] if info.path.parent != feedforward.BUNDLED_MODELS else []
    return [Text(info.path.stem, "bold"), *map(Text, [*lines, *where]), Text()]


def _plain(value: object) -> str:
    """Return the value of a setting; the names of several styles on one line."""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _has_colors(console: Console) -> bool:
    """Return whether the terminal shows 24-bit colors, and the user wants them."""
    return console.color_system == "truecolor" and not console.no_color


def _thumbnail(info: feedforward.ModelInfo) -> Text | None:
    if info.style is None:
        return None
    from brushwork.cli.thumbnails import render_half_blocks  # imports torch and Pillow

    image = images.read_image(BytesIO(info.style)).image
    size = Size.of(image)
    return render_half_blocks(image, _COLUMNS, min(_MOST_ROWS, max(1, round(_COLUMNS * size.height / size.width / 2))))


def _row(info: feedforward.ModelInfo) -> tuple[str, ...]:
    size = format_megabytes(info.nbytes)
    styles = " ".join(info.settings.get("styles", ())) or "-"
    return info.path.stem, info.architecture, str(info.parameters), size, info.license or _NO_LICENSE, styles


def _write_sheet(infos: Sequence[feedforward.ModelInfo], path: Path, force: bool) -> None:
    shown = [info for info in infos if info.style is not None]
    if not shown:
        raise InputError("there is nothing to show: none of the models has a thumbnail.")
    from brushwork.cli.thumbnails import render_model_sheet  # imports torch and Pillow

    images.write_image(render_model_sheet(shown), path, overwrite=force)
    log(f"{len(shown)} model{'s' if len(shown) > 1 else ''} on one page")
    print_result(str(path))


def export_model(
    model: str,
    /,
    *,
    style: Annotated[
        tuple[str, ...], Parameter(group=SETTINGS, consume_multiple=True, negative=(), show_default=False), FLAG_ONLY
    ] = (),
    output: Annotated[
        Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar="OUT.onnx"), FLAG_ONLY
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> int:
    """Export a model as ONNX; it gives the same results at any size in onnxruntime, in browsers and on phones.

    Its input is `photograph`, batch × 3 × height × width, sRGB from 0 to 1; its output `picture` has the same form.
    A model of several styles has a second input, `style`: the weight of each, which sum to 1. Needs the extra
    brushwork[onnx].

    Parameters
    ----------
    model
        The model: its file, or a name that `brushwork models` lists.
    style
        For a model of several styles: export only this one, or a blend, such as wave:0.6 starry:0.4.
    output
        Output file; default: named after the model's file, in the current folder.
    """
    found = feedforward.load_model(model)
    target = output or Path(f"{feedforward.find_model_file(model).stem}.onnx")
    with temporary_beside(target.parent):
        written = feedforward.export_onnx(found, target, style=style, overwrite=force)
    if not quiet:
        log(f"{found.name}, {format_megabytes(written.stat().st_size)}")
    print_result(str(written))
    return 0


app.command(
    "brushwork.cli.commands.models:export_model", name="export", help="Export a model to ONNX, for other programs."
)
