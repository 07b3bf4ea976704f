"""`brushwork style`: styles as files, kept and mixed."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork.cli.combine import combine
from brushwork.cli.layers import resolve_options
from brushwork.cli.options import Given, home_path, make_flags
from brushwork.cli.output import log, print_result
from brushwork.cli.panels import MACHINE, OUTPUT, SETTINGS, ConfigFile
from brushwork.cli.weights import BYTES_PER_MEGABYTE
from brushwork.errors import InputError
from brushwork.evaluate.machine import select_device
from brushwork.folders import expand_user
from brushwork.jobs.job import DeviceName
from brushwork.picture import image_size, read_image
from brushwork.recipes import StyleFile, TransferOptions, blend_style_files, extract_style, load_preset
from brushwork.recipes.kept_style import ENDING
from brushwork.recipes.options import EncoderOptions, SizeOptions
from brushwork.recipes.seeing import load_encoder_for
from brushwork.recipes.taking import looked_at

_OF_STYLE = (
    *(field.name for kind in (SizeOptions, EncoderOptions) for field in fields(kind)),
    *("content_layers", "style_layers", "style_scale", "min_size"),
)
"""The options of a transfer that decide what is seen of a painting."""

if TYPE_CHECKING:
    StyleFlags: TypeAlias = Given
else:
    StyleFlags = make_flags(
        load_preset("default"), without=[field.name for field in fields(TransferOptions) if field.name not in _OF_STYLE]
    )

Output: TypeAlias = Annotated[
    Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"FILE{ENDING}")
]
Force: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]

app = App(name="style", help="Keep styles of paintings in files, mix them, and combine paintings.")
app.command(combine)


@app.command
def extract(
    style: Path,
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

    `brushwork style extract painting.jpg` writes painting.style into the current folder, and
    `brushwork paint photo.jpg painting.style` paints with it, just as with the painting: at the same size, network and
    layers. At other sizes the nearest one that was kept is taken.

    Parameters
    ----------
    style
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
    options = resolve_options(load_preset(preset_name), given)
    place = select_device(device)
    # As `paint` reads it: a giant no larger than it is looked at.
    image = read_image(style, min_size=looked_at(image_size(style), options)).image.to(place)
    kept = extract_style(image, options, style.name, encoder=load_encoder_for(options, place))
    return _write(kept, output or Path(f"{style.stem}{ENDING}"), force)


@app.command(name="blend")
def blend_files(*styles: str, output: Output = None, force: Force = False) -> int:
    """Mix styles that were kept: `brushwork style blend a.style:0.7 b.style:0.3 -o c.style`.

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
    kept = blend_style_files([StyleFile.read(path) for path, _ in parts], [weight for _, weight in parts])
    return _write(kept, output or Path(f"{'+'.join(path.stem for path, _ in parts)}{ENDING}"), force)


@app.command
def info(style: Path, /) -> int:
    """Say what a style was taken from, and how.

    Parameters
    ----------
    style
        A file that `brushwork style extract` or `mix` wrote.
    """
    kept = StyleFile.read(style)
    seen = ", ".join(f"{name} {value}" for name, value in vars(kept.encoder).items() if name != "fingerprint")
    print_result(f"{kept.source}: at {' and '.join(map(str, kept.styles))} pixels; {', '.join(kept.layers)}; {seen}")
    return 0


def _weighed(given: str) -> tuple[Path, float]:
    """a.style:0.7 → a.style, 0.7.

    Raises: InputError: a weight that is no number.
    """
    name, colon, weight = given.rpartition(":")
    if not colon or given.lower().endswith(ENDING):
        return expand_user(given), 1.0
    try:
        return expand_user(name), float(weight)
    except ValueError:
        raise InputError(f"{given}: {weight!r} is no weight; write as in starry{ENDING}:0.7.") from None


def _write(kept: StyleFile, path: Path, force: bool) -> int:
    if path.suffix.lower() != ENDING:
        raise InputError(f"the style is to be {path}: its name must end in {ENDING}.")
    kept.write(path, overwrite=force)
    log(f"the style of {kept.source}, {kept.nbytes / BYTES_PER_MEGABYTE:.1f} MB")
    print_result(str(path))
    return 0
