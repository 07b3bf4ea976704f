"""`brushwork sweep`: every combination of several settings at a small size, on one page."""

from __future__ import annotations

import glob
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from cyclopts import App, Parameter, Token

from brushwork import devices, experiments
from brushwork import jobs as work
from brushwork.choices import Quality
from brushwork.cli.commands.paint import START_HELP
from brushwork.cli.commands.reproduce import require_size_and_jobs
from brushwork.cli.config import FLAG_ONLY, is_setting, resolve_options, split_init
from brushwork.cli.flags import (
    MACHINE,
    PICTURES,
    SETTINGS,
    ConfigFile,
    Given,
    QualityName,
    home_path,
    make_flags,
    parse_extent,
    parse_integer,
)
from brushwork.cli.output import log, print_result
from brushwork.cli.paths import list_images
from brushwork.cli.run_flags import Device
from brushwork.cli.temporary import temporary_beside
from brushwork.errors import InputError, suggest_names
from brushwork.options import Extent, Init
from brushwork.recipes import PRESETS, TransferOptions, load_preset
from brushwork.storage.folders import expand_user

if TYPE_CHECKING:
    SweepFlags: TypeAlias = Given
else:
    SweepFlags = make_flags(load_preset("default"), without=("size",), types={"init": str}, texts={"init": START_HELP})

app = App(name="sweep", usage="Usage: brushwork sweep CONTENT STYLE... --vary NAME=VALUE,VALUE... [OPTIONS]")

Output: TypeAlias = Annotated[
    Path, Parameter(name="--output", alias="-o", group=PICTURES, converter=home_path), FLAG_ONLY
]

Variations = dict[str, dict[str, Any]]
"""Name, with underscores → the value as shown → the value."""

_SIZE = 256
"""Size of the results in pixels, unless another is given or sizes are varied."""

_USUAL = {"preset": "default", "quality": "normal", "ratio": None, "size": None}
"""What they are where none is given."""

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


@app.default
def sweep(
    content: Path,
    /,
    *styles: str,
    vary: Annotated[list[str], Parameter(group=PICTURES, negative=(), show_default=False)] = [],  # noqa: B006
    size: Annotated[Extent | None, Parameter(group=PICTURES, converter=parse_extent, show_default="256")] = None,
    full_size: Annotated[Extent | None, Parameter(group=PICTURES, converter=parse_extent)] = None,
    output: Output = Path("sweep"),
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    quality: QualityName = "normal",
    ratio: Annotated[float | None, Parameter(group=SETTINGS)] = None,
    config: ConfigFile = None,
    jobs: Annotated[int, Parameter(group=MACHINE, converter=parse_integer)] = 1,
    device: Device = "auto",
    given: Annotated[SweepFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Run style transfer with every combination of several settings, at a small size, to compare them.

    `brushwork sweep photo.jpg painting.jpg --vary style-weight=40,160,640 --vary init=content,noise` makes six
    results, with a page and a contact sheet of them. Beside each is the command that repeats it at full size.

    Existing results are not computed again: an interrupted sweep continues where it stopped, and values can be added.

    Parameters
    ----------
    content
        The content image.
    styles
        The style images, blended; none when they are varied.
    vary
        A setting and its values: any option of `brushwork paint` (style-weight=40,160), style=*.jpg for style images,
        preset, quality, or ratio. Repeat it for several settings; the last one runs along the columns. + joins words
        of one value, as in style-layers=conv1_1+conv2_1,conv3_1.
    size
        Size of these results in pixels; the preset's `measure` says of which side.
    full_size
        Size in the commands: pixels, or full; default: the preset's. Where sizes are varied, each has its own.
    output
        Folder for the results, the page and the sheet.
    preset_name
        Settings of a published program; `brushwork presets` lists them.
    ratio
        α/β: sets the content weight to this times the style weight.
    config
        File with options, one `flag = value` per line; flags override it.
    jobs
        Number of processes.
    """
    require_size_and_jobs(32, jobs)
    requested = parse_variations(vary)
    base = {"preset": preset_name, "quality": quality, "ratio": ratio, "size": size}
    _require(styles, requested, {*given, *(name for name, value in base.items() if value != _USUAL[name])})
    given, init = split_init({name: value for name, value in given.items() if name not in requested}, Init)
    if full_size is not None and "size" in requested and not is_setting("full_size"):
        raise InputError("--full-size cannot be combined with --vary size: each picture's command then has its size.")
    fixed = {**base, "size": size or _SIZE, "style": tuple(list_images(list(styles))), **given}
    combined = experiments.combine_variations(requested)
    choices = tuple(_choice(row, column, {**fixed, **values}) for row, column, values in combined)
    runs = experiments.Sweep(output, expand_user(content), choices, init, str(devices.select_device(device)))
    report = experiments.ExperimentReport(
        experiments.as_experiment(runs, [name.replace("_", "-") for name in requested]),
        runs.inputs(),
        _run_cells(runs, jobs),
        runs.commands("as painted" if "size" in requested else full_size),
        device=runs.device,
    )
    print_result(f"{report.write(runs.folder)}\n{runs.folder / experiments.SHEET}")
    return 0


def _require(styles: tuple[str, ...], requested: Variations, given: Collection[str]) -> None:
    """Check that no setting is both given by flag and varied, and that there is a style image."""
    twice = [name for name in requested if name in given and not is_setting(name)]
    if twice:
        name = twice[0].replace("_", "-")
        raise InputError(
            f"--{name} was given both alone and with --vary: write all of its values after --vary {name}=."
        )
    if styles and "style" in requested:
        raise InputError("style images were given both alone and with --vary: write all of them after --vary style=.")
    if not styles and "style" not in requested:
        raise InputError(
            "no style image was given: give one after the content image, or several with --vary style=*.jpg."
        )


def _choice(row: str, column: str, chosen: dict[str, Any]) -> experiments.SweepChoice:
    """Return one combination of settings; raises InputError if they are incompatible."""
    options = {name: value for name, value in chosen.items() if name not in ("preset", "quality", "ratio", "style")}
    style, name = chosen["style"], chosen["preset"]
    styles = (style,) if isinstance(style, Path) else style
    base = load_preset(name, chosen["quality"])
    return experiments.SweepChoice(row, column, resolve_options(base, options, chosen["ratio"]), name, styles)


def _run_cells(runs: experiments.Sweep, jobs: int) -> list[experiments.CellResult]:
    """Run the cells, and return all results in their order."""
    cells = runs.make_cells()
    kept = sum(experiments.ResultStore(runs.folder).load(cell) is not None for cell in cells)
    log(f"{len(cells)} pictures to paint" + (f", {kept} of them already painted" if kept else ""))
    results: dict[str, experiments.CellResult] = {}
    with temporary_beside(runs.folder):
        for name, one in experiments.run_cells(runs, work.pick_executor(jobs)):
            results[name] = one
            log(f"{len(results)}/{len(cells)} {name}: {one.seconds:.0f} s")
    return [results[cell.name] for cell in cells]


def parse_variations(written: Sequence[str]) -> Variations:
    """Parse the settings to vary: options of a transfer, `style` (style images), `preset`, `quality` and `ratio`.

    Values are separated by commas; words of one value by +, as in style-layers=conv1_1+conv2_1,conv3_1.

    Raises: InputError: nothing to vary, an unknown or repeated name, or an invalid value.
    """
    found: Variations = {}
    for one in written:
        name, equals, values = one.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals or not _parts(values):
            raise InputError(f"--vary {one} has no values: write it like --vary style-weight=1e2,1e3,1e4.")
        if name in found:
            raise InputError(f"--vary {name.replace('_', '-')} was given twice: write all of its values in one option.")
        found[name] = _values(name, values)
    if not found:
        raise InputError("there is nothing to vary: give --vary style-weight=1e2,1e3,1e4 or --vary style=*.jpg.")
    return found


def _values(name: str, written: str) -> dict[str, Any]:
    if name == "style":
        return _styles(written)
    read = _reader(name)
    found: dict[str, Any] = {}
    for text in _parts(written):
        value = _read(name, text, read)
        if value not in found.values():
            found[text] = value
    return found


def _read(name: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise InputError(f"--vary {name.replace('_', '-')}: {error}.") from error


def _styles(written: str) -> dict[str, Any]:
    """Return the files of names, folders and patterns, shown by the shortest names that are unique."""
    names = [name for part in _parts(written) for name in _matching(part)]
    paths = list(dict.fromkeys(list_images(names)))
    stems = [path.stem for path in paths]
    return {path.stem if stems.count(path.stem) == 1 else str(path): path for path in paths}


def _matching(part: str) -> list[str]:
    pattern = str(expand_user(part))
    found = sorted(glob.glob(pattern))  # noqa: PTH207 (patterns may be absolute)
    if not found and Path(pattern).exists():  # a name with brackets in it
        return [pattern]
    if not found:
        raise InputError(f"--vary style={part}: there is no such style image.")
    return found


def _reader(name: str) -> Callable[[str], Any]:
    """Return the parser for a setting's values; it raises ValueError for an invalid one.

    Raises: InputError: no such setting.
    """
    if name == "preset":
        return _one_of(tuple(PRESETS))
    hints = get_type_hints(TransferOptions)
    hints = {field.name: hints[field.name] for field in fields(TransferOptions)} | {"ratio": float, "quality": Quality}
    if name not in hints:
        known = [one.replace("_", "-") for one in ("style", "preset", *hints)]
        raise InputError(f"there is no setting {name.replace('_', '-')!r} to vary. {suggest_names(name, known)}")
    return _of_type(hints[name])


def _of_type(hint: Any) -> Callable[[str], Any]:
    if get_origin(hint) is tuple:
        one = _of_type(get_args(hint)[0])
        return lambda text: tuple(one(part) for part in _parts(text, "+"))
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint))
    if hint == Extent:
        return lambda text: parse_extent(None, [Token(value=text)])
    return _PLAIN.get(hint, str)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _truth(text: str) -> bool:
    if text.lower() not in _YES + _NO:
        raise ValueError(f"{text!r} is neither yes nor no")
    return text.lower() in _YES


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is not one of {', '.join(known)}")
        return text

    return read


def _parts(written: str, sign: str = ",") -> list[str]:
    return [part.strip() for part in written.split(sign) if part.strip()]


_PLAIN: Mapping[Any, Callable[[str], Any]] = {
    float: _number,
    bool: _truth,
    int: lambda text: parse_integer(None, [Token(value=text)]),
}
