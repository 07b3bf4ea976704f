"""`brushwork models`: the networks that paint at once, with what they have learned from."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from brushwork.cli.consoles import make_console
from brushwork.cli.exits import print_failure
from brushwork.cli.halfblocks import render_half_blocks
from brushwork.cli.options import home_path
from brushwork.cli.output import log, print_json, print_result
from brushwork.cli.painter_sheet import render_model_sheet
from brushwork.cli.panels import OUTPUT, JsonFlag
from brushwork.cli.weights import format_megabytes
from brushwork.errors import InputError
from brushwork.fast.label import ModelInfo, read_model_info
from brushwork.fast.shelf import BUNDLED_MODELS, find_model_file, list_models, user_models_folder
from brushwork.picture import Size, read_image, write_image

_COLUMNS, _MOST_ROWS = 24, 12
"""Characters of a thumbnail."""

app = App(name="models")
app.command("brushwork.cli.export:export_model", name="export", help="Write a model for other programs, as ONNX.")


@app.default
def models(
    *names: str,
    json: Annotated[JsonFlag, Parameter(group=OUTPUT)] = False,
    sheet: Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path, metavar="OUT.png")] = None,
    force: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
) -> int:
    """List the painters that are known by name: those of the package, and your own.

    `brushwork paint photo.jpg --model NAME` paints by one. Your own lie in a folder that the last line names;
    BRUSHWORK_PAINTERS names another.

    Parameters
    ----------
    names
        Which ones: names or files; without them, all that are known.
    json
        Print everything that is known as one JSON document.
    sheet
        Write what they have learned from on one page, with their names.
    force
        Overwrite what is there.
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
    """A painter, ready for JSON."""
    known = {**vars(info), "path": str(info.path), "own": info.path.parent != BUNDLED_MODELS}
    return {name: value for name, value in known.items() if name != "style"}


def _labels(names: Sequence[str]) -> list[ModelInfo]:
    """The labels of painters; of all that are known by name, those that can be read."""
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
    """A painter in the terminal: the thumbnail, where there are colors, and its words beside it."""
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
    """Whether the terminal shows any of sixteen million colors, and the person wants them."""
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
