"""`brushwork paint`: photographs in the style of paintings."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork.cli.at_once import at_once
from brushwork.cli.by_painter import by_painter, painter_name, require_alone
from brushwork.cli.dashes import STREAM, Picture
from brushwork.cli.layers import settings, split_start
from brushwork.cli.masks import masks
from brushwork.cli.options import Given, flags
from brushwork.cli.order import Act, Pipes, order
from brushwork.cli.panels import PICTURES, SETTINGS, ConfigFile
from brushwork.cli.passing import Passing
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.cli.targets import holds_folder, pictures
from brushwork.errors import InputError
from brushwork.fast.at_once import AtOnce
from brushwork.fast.instant import Instant
from brushwork.recipes import Options, preset
from brushwork.recipes.options import Start

START_HELP = """Starting point: the photograph (content), the painting (style), white noise (noise), gray, what
--instant paints (instant), or a picture file."""
_STYLES_IN_A_NAME = 3

Names: TypeAlias = Annotated[
    list[str], Parameter(group=PICTURES, consume_multiple=True, negative=(), show_default=False), STREAM
]

if TYPE_CHECKING:
    TransferFlags: TypeAlias = Given
else:
    TransferFlags = flags(preset("default"), types={"start": str}, texts={"start": START_HELP})


app = App(name="paint", usage="Usage: brushwork paint [OPTIONS] CONTENT STYLE...")


@app.default
def paint(
    content: Picture,
    /,
    *styles: Picture,
    style: Names = [],  # noqa: B006
    region: Annotated[
        list[str], Parameter(group=PICTURES, consume_multiple=True, negative=(), show_default=False)
    ] = [],  # noqa: B006
    each: Annotated[bool, Parameter(group=PICTURES, negative=(), show_default=False)] = False,
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    ratio: Annotated[float | None, Parameter(group=SETTINGS)] = None,
    config: ConfigFile = None,
    passing: Passing = Passing(),  # noqa: B008
    running: Running = Running(),  # noqa: B008
    given: Annotated[TransferFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
) -> int:
    """Paint a photograph in the style of a painting.

    `brushwork paint photo.jpg painting.jpg` writes photo+painting.png into the current folder; `-o` names another file.

    Several paintings are blended into one picture (`--style-blend` weighs them). With `--each`, and wherever a folder
    of paintings is given, each painting gives a picture of its own. A folder of photographs stands for every
    photograph in it; several can be named when the paintings come after `--style`:
    `brushwork paint one.jpg two.jpg --style painting.jpg -o painted/`.

    A flag goes before a line of the `--config` file, that before BRUSHWORK_… in the environment, that before the
    preset. Ctrl-C keeps the picture so far; `--resume` goes on.

    Parameters
    ----------
    content
        The photograph: a file, a folder, or - for standard input.
    styles
        The paintings: files, or folders.
    style
        Paintings, when all the pictures before are photographs.
    region
        Two masks as photo_mask.png:painting_mask.png: where the first is white is painted after where the second is;
        gray is in between; without the second: after all of the painting. In colored maps every color is a region. One
        after the other for the paintings in their order, or all for the only one. `--guides` and `--feather` say more.
    each
        One picture for each painting, instead of a blend.
    preset_name
        The settings of a published program; `brushwork presets` lists them.
    ratio
        α/β, as the papers give it: sets the content weight to this times the style weight (1e-4 to 1e-2 are usual
        with the presets gatys-2015 and gatys-2016). What the two weights multiply is the preset's `convention`.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    given, start = split_start(given, Start)
    passing.require_meant()
    if passing.painter is not None:
        others = {"--instant": passing.instant, "--region": bool(region), "--preset": preset_name != "default"}
        require_alone(passing.painter, [*style, *styles], others)
        return _by_painter(content, passing, given, running, act)
    base = preset(preset_name)
    options: Options | AtOnce = settings(base, given, ratio)
    if passing.instant:
        options, start = at_once(Instant, base, given, {"strength": passing.strength}, running), None
    contents, paintings = _parted([content, *styles], style)
    each, several = each or holds_folder(paintings), holds_folder([*contents, *paintings])
    with Pipes() as pipes:
        photographs = pictures([pipes.source(name) for name in contents], quiet=running.quiet)
        found = pictures([pipes.source(name) for name in paintings], quiet=running.quiet)
        blends = [(one,) for one in found] if each else [tuple(found)]
        asked = [(one, blend, _name(one, blend)) for one, blend in product(photographs, blends)]
        regions = masks(region, len(asked))
        return act(order(options, asked, running, pipes, many=several, start=start, regions=regions))


def _parted(named: list[str], style: list[str]) -> tuple[list[str], list[str]]:
    """Photographs and paintings: of those that were named the first, and the others; or all, and those of --style."""
    if style:
        return named, style
    if len(named) == 1:
        raise InputError(
            f"a painting is missing: brushwork paint {named[0]} PAINTING (or --painter NAME: `brushwork painters` "
            "lists those that are here)"
        )
    return named[:1], named[1:]


def _by_painter(content: str, passing: Passing, given: Given, running: Running, act: Act) -> int:
    """Paint one photograph, or a folder of them, by a painter."""
    own = {"strength": passing.strength, "statistics": passing.statistics}
    options = by_painter(str(passing.painter), given, own, running)
    with Pipes() as pipes:
        name = painter_name(options.painter)
        asked = [
            (photo, (), f"{photo.stem}+{name}") for photo in pictures([pipes.source(content)], quiet=running.quiet)
        ]
        return act(order(options, asked, running, pipes, many=holds_folder([content]), start=None))


def _name(content: Path, paintings: tuple[Path, ...]) -> str:
    """photo+painting; of many paintings, the first ones."""
    rest = len(paintings) - _STYLES_IN_A_NAME
    more = [f"{rest}-more"] if rest > 0 else []
    return "+".join([content.stem, *(one.stem for one in paintings[:_STYLES_IN_A_NAME]), *more])
