"""`brushwork weights`: manage the networks' weights on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich import box
from rich.table import Table

from brushwork import encoders
from brushwork.cli.consoles import make_console
from brushwork.cli.flags import JsonFlag
from brushwork.cli.output import log, print_json, print_result
from brushwork.cli.temporary import temporary_beside
from brushwork.encoders.weights.catalog import WEIGHT_SETS
from brushwork.errors import InputError, WeightsError
from brushwork.units import format_megabytes

app = App(name="weights", help="List, fetch and add the networks' weights.")

SHOWN_OF_HASH = 8


@app.command(name="list")
def list_weights(*, json: JsonFlag = False) -> int:
    """List the weight sets: state, size, license and sha256 of each.

    Parameters
    ----------
    json
        Print all details as one JSON document.
    """
    sets = encoders.weight_sets()
    if json:
        print_json([describe_weights(one) for one in sets])
        return 0
    terminal = make_console()
    if not terminal.is_terminal:
        for one in sets:
            print_result("\t".join(_row(one)))
        return 0
    terminal.print(_table(sets))
    for one in sets:
        if one.state == "damaged":
            terminal.print(f"{one.name}: {one.hint}", soft_wrap=True)
    terminal.print("brushwork weights get NAME fetches what is missing.")
    return 0


@app.command(name="get")
def get_weights(name: str, /, *, json: JsonFlag = False) -> int:
    """Download a weight set from its publisher, and verify it.

    Parameters
    ----------
    name
        A name from `brushwork weights list`.
    json
        Print the result as one JSON document.
    """
    if name in WEIGHT_SETS and encoders.weight_state(name).state in ("missing", "damaged"):  # others are refused
        log(f"fetching {name}; this may take a minute")
    with temporary_beside(encoders.cache_folder()):
        return _report(encoders.fetch_weights(name), json)


@app.command(name="add")
def add_weights(
    file: Path,
    /,
    *,
    name: Annotated[str | None, Parameter(name=["--as", "--name"])] = None,
    like: str | None = None,
    json: JsonFlag = False,
) -> int:
    """Add a weights file (.safetensors, .pth; torchvision's or Caffe's names) to the cache, and verify it.

    Parameters
    ----------
    file
        The file. Known sets are recognized by their content.
    name
        Name for unknown weights; `--network NAME` then uses them.
    like
        A known set with the same preprocessing (color order, scale, mean).
    json
        Print the result as one JSON document.
    """
    try:
        added = encoders.import_weights(file, name, like=like)
    except WeightsError as error:  # about the given file
        raise InputError(str(error)) from error
    return _report(added, json)


def describe_weights(one: encoders.WeightState) -> dict[str, object]:
    """Return the details of a weight set as JSON values."""
    return {**vars(one), "path": str(one.path) if one.path else None}


def _report(one: encoders.WeightState, json: bool) -> int:
    if json:
        print_json(describe_weights(one))
    else:
        print_result(f"{one.name}: {one.architecture}, {one.state}, {format_megabytes(one.size)}, {one.path}")
    return 0


def _row(one: encoders.WeightState) -> tuple[str, ...]:
    return (one.name, one.architecture, one.state, format_megabytes(one.size), one.sha256, one.license)


def _table(sets: tuple[encoders.WeightState, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("name", "network", "state", "size", "sha256", "license"):
        table.add_column(title, justify="right" if title == "size" else "left", no_wrap=True)
    for one in sets:
        short = replace(one, sha256=one.sha256[:SHOWN_OF_HASH], license=one.license.partition(" (")[0])
        table.add_row(*_row(short))
    return table
