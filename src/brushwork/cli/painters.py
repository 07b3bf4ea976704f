"""`brushwork painters`: the networks that paint at once, with what they have learned from."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from brushwork.cli.consoles import console
from brushwork.cli.exits import fail
from brushwork.cli.halfblocks import half_blocks
from brushwork.cli.options import home_path
from brushwork.cli.output import print_json, result, tell
from brushwork.cli.painter_sheet import painter_sheet
from brushwork.cli.panels import OUTPUT, JsonFlag
from brushwork.cli.weights import megabytes
from brushwork.errors import InputError
from brushwork.fast.label import Label, read_label
from brushwork.fast.shelf import PAINTERS, painter_file, shelved, user_folder
from brushwork.picture import Size, read_picture, write_picture

_COLUMNS, _MOST_ROWS = 24, 12
"""Characters of a thumbnail."""


def painters(
    *names: str,
    json: Annotated[JsonFlag, Parameter(group=OUTPUT)] = False,
    sheet: Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path, metavar="OUT.png")] = None,
    force: Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)] = False,
) -> int:
    """List the painters that are known by name: those of the package, and your own.

    `brushwork paint photo.jpg --painter NAME` paints by one. Your own lie in a folder that the last line names;
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
    labels = _labels(names)
    if sheet is not None:
        _write_sheet(labels, sheet, force)
    if json:
        print_json([described(label) for label in labels])
    elif sheet is None:
        _show(labels)
    return 0


def described(label: Label) -> dict[str, Any]:
    """A painter, ready for JSON."""
    known = {**vars(label), "path": str(label.path), "own": label.path.parent != PAINTERS}
    return {name: value for name, value in known.items() if name != "style"}


def _labels(names: Sequence[str]) -> list[Label]:
    """The labels of painters; of all that are known by name, those that can be read."""
    if names:
        return [read_label(painter_file(name)) for name in names]
    labels = []
    for path in shelved().values():
        try:
            labels.append(read_label(path))
        except InputError as error:
            fail(str(error))
    return labels


def _show(labels: Sequence[Label]) -> None:
    terminal = console()
    if not terminal.is_terminal:
        for label in labels:
            result("\t".join(_row(label)))
        return
    for label in labels:
        terminal.print(_entry(label, terminal))
    if not labels:
        terminal.print("no painters are here.")
    terminal.print(
        f"brushwork paint PHOTO --painter NAME paints by one; your own lie in {user_folder()}.", soft_wrap=True
    )


def _entry(label: Label, console: Console) -> Table:
    """A painter in the terminal: the thumbnail, where there are colors, and its words beside it."""
    table = Table.grid(padding=(0, 2))
    words = Text("\n").join(_words(label))
    picture = _thumbnail(label) if _has_colors(console) else None
    table.add_row(*([picture] if picture else []), words)
    return table


def _words(label: Label) -> list[Text]:
    settings = ", ".join(f"{name} {value}" for name, value in label.settings.items())
    size = f"{label.parameters:,} parameters, {megabytes(label.nbytes)}"
    lines = [f"{label.architecture}: {settings}", size, label.license or "no license is said"]
    where = [str(label.path)] if label.path.parent != PAINTERS else []
    return [Text(label.path.stem, "bold"), *map(Text, [*lines, *where]), Text()]


def _has_colors(console: Console) -> bool:
    """Whether the terminal shows any of sixteen million colors, and the person wants them."""
    return console.color_system == "truecolor" and not console.no_color


def _thumbnail(label: Label) -> Text | None:
    if label.style is None:
        return None
    image = read_picture(BytesIO(label.style)).image
    size = Size.of(image)
    return half_blocks(image, _COLUMNS, min(_MOST_ROWS, max(1, round(_COLUMNS * size.height / size.width / 2))))


def _row(label: Label) -> tuple[str, ...]:
    return label.path.stem, label.architecture, str(label.parameters), megabytes(label.nbytes), label.license


def _write_sheet(labels: Sequence[Label], path: Path, force: bool) -> None:
    shown = [label for label in labels if label.style is not None]
    if not shown:
        raise InputError("there is nothing to show: none of the painters has a thumbnail.")
    write_picture(painter_sheet(shown), path, overwrite=force)
    tell(f"{len(shown)} painters on one page")
    result(str(path))
