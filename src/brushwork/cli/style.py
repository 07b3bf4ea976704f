"""`brushwork style`: styles as files, kept and mixed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork.cli.combine import combine
from brushwork.cli.layers import settings
from brushwork.cli.options import Given, flags, home_path
from brushwork.cli.output import result, tell
from brushwork.cli.panels import MACHINE, OUTPUT, SETTINGS, ConfigFile
from brushwork.cli.weights import BYTES_PER_MEGABYTE
from brushwork.errors import InputError
from brushwork.evaluate.machine import pick_device
from brushwork.folders import expanded
from brushwork.jobs.job import DeviceName
from brushwork.picture import picture_size, read_picture
from brushwork.recipes import KeptStyle, Transfer, mix_styles, preset, take_style
from brushwork.recipes.kept_style import ENDING
from brushwork.recipes.options import Seeing, Sizing
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.taking import looked_at

_OF_STYLE = (
    *(field.name for kind in (Sizing, Seeing) for field in fields(kind)),
    *("content_layers", "style_layers", "style_scale", "coarsest"),
)
"""The options of a transfer that decide what is seen of a painting."""

if TYPE_CHECKING:
    StyleFlags: TypeAlias = Given
else:
    StyleFlags = flags(
        preset("default"), without=[field.name for field in fields(Transfer) if field.name not in _OF_STYLE]
    )

Output: TypeAlias = Annotated[
    Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"FILE{ENDING}")
]
Force: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]

app = App(name="style", help="Keep styles of paintings in files, mix them, and combine paintings.")
app.command(combine)


@app.command
def save(
    painting: Path,
    /,
    *,
    output: Output = None,
    force: Force = False,
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    config: ConfigFile = None,
    device: Annotated[DeviceName, Parameter(group=MACHINE)] = "auto",
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Keep the style of a painting in a file of some megabytes, which stands for the painting in other commands.

    `brushwork style save painting.jpg` writes painting.style into the current folder, and
    `brushwork paint photo.jpg painting.style` paints with it, just as with the painting: at the same size, network and
    layers. At other sizes the nearest one that was kept is taken.

    Parameters
    ----------
    painting
        The painting: a picture file.
    output
        Where the style goes; without it, a file in the current folder, named after the painting.
    force
        Overwrite what is there.
    preset_name
        The settings of a published program; `brushwork presets` lists them.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    device
        Where to compute; auto takes the fastest that is there.
    """
    options = settings(preset(preset_name), given)
    place = pick_device(device)
    # As `paint` reads it: a giant no larger than it is looked at.
    image = read_picture(painting, enough=looked_at(picture_size(painting), options)).image.to(place)
    kept = take_style(image, options, painting.name, encoder=encoder_for(options, place))
    return _write(kept, output or Path(f"{painting.stem}{ENDING}"), force)


@app.command(name="mix")
def mixed(*styles: str, output: Output = None, force: Force = False) -> int:
    """Mix styles that were kept: `brushwork style mix a.style:0.7 b.style:0.3 -o c.style`.

    Parameters
    ----------
    styles
        Files, each with its weight after a colon (1 without it); weights are divided by their sum.
    output
        Where the mixture goes; without it, a file in the current folder, named after the styles.
    force
        Overwrite what is there.
    """
    parts = [_weighed(style) for style in styles]
    kept = mix_styles([KeptStyle.read(path) for path, _ in parts], [weight for _, weight in parts])
    return _write(kept, output or Path(f"{'+'.join(path.stem for path, _ in parts)}{ENDING}"), force)


@app.command
def show(style: Path, /) -> int:
    """Say what a style was taken from, and how.

    Parameters
    ----------
    style
        A file that `brushwork style save` or `mix` wrote.
    """
    kept = KeptStyle.read(style)
    seen = ", ".join(f"{name} {value}" for name, value in vars(kept.seen).items() if name != "fingerprint")
    result(f"{kept.source}: at {' and '.join(map(str, kept.styles))} pixels; {', '.join(kept.taps)}; {seen}")
    return 0


def _weighed(given: str) -> tuple[Path, float]:
    """a.style:0.7 → a.style, 0.7.

    Raises: InputError: a weight that is no number.
    """
    name, colon, weight = given.rpartition(":")
    if not colon or given.lower().endswith(ENDING):
        return expanded(given), 1.0
    try:
        return expanded(name), float(weight)
    except ValueError:
        raise InputError(f"{given}: {weight!r} is no weight; write as in starry{ENDING}:0.7.") from None


def _write(kept: KeptStyle, path: Path, force: bool) -> int:
    if path.suffix.lower() != ENDING:
        raise InputError(f"the style is to be {path}: its name must end in {ENDING}.")
    kept.write(path, overwrite=force)
    tell(f"the style of {kept.source}, {kept.nbytes / BYTES_PER_MEGABYTE:.1f} MB")
    result(str(path))
    return 0
