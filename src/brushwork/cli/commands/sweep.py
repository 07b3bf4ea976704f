"""`brushwork sweep`: every combination of several settings at a small size, on one page."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import App, Parameter

from brushwork import devices, experiments
from brushwork import jobs as work
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
from brushwork.cli.variations import Variations, parse_variations
from brushwork.errors import InputError
from brushwork.options import Extent, Init
from brushwork.recipes import load_preset
from brushwork.storage.folders import expand_user

if TYPE_CHECKING:
    SweepFlags: TypeAlias = Given
else:
    SweepFlags = make_flags(load_preset("default"), without=("size",), types={"init": str}, texts={"init": START_HELP})

app = App(name="sweep", usage="Usage: brushwork sweep CONTENT STYLE... --vary NAME=VALUE,VALUE... [OPTIONS]")

Output: TypeAlias = Annotated[
    Path, Parameter(name="--output", alias="-o", group=PICTURES, converter=home_path), FLAG_ONLY
]

_SIZE = 256
"""Size of the results in pixels, unless another is given or sizes are varied."""

_USUAL = {"preset": "default", "quality": "normal", "ratio": None, "size": None}
"""Their values if none are given."""


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
        Size in the commands: pixels, or full; default: the preset's. If sizes are varied, each has its own.
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
