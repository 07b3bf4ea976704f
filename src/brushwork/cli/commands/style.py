"""`brushwork style`: style files, blended styles, and combined style images."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork import controls, devices, images, recipes
from brushwork.cli.config import FLAG_ONLY, resolve_options
from brushwork.cli.dashes import Picture
from brushwork.cli.execute import execute
from brushwork.cli.flags import OUTPUT, SETTINGS, ConfigFile, Given, home_path, make_flags
from brushwork.cli.output import log, print_result
from brushwork.cli.paths import list_images
from brushwork.cli.request import Execute, StdStreams, make_request
from brushwork.cli.run_flags import Device, Force, RunFlags
from brushwork.errors import InputError
from brushwork.images import fit_size
from brushwork.options import EncoderOptions, SizeOptions
from brushwork.recipes import TextureOptions, TransferOptions, load_preset
from brushwork.storage.atomic import require_writable
from brushwork.storage.file_names import STYLE_ENDING
from brushwork.storage.folders import expand_user
from brushwork.units import format_megabytes

_OF_STYLE = (
    *(field.name for kind in (SizeOptions, EncoderOptions) for field in fields(kind)),
    *("content_layers", "style_layers", "style_scale", "style_fit", "min_size"),
)
"""The options of a transfer that determine how a style image is encoded."""

if TYPE_CHECKING:
    StyleFlags: TypeAlias = Given
else:
    StyleFlags = make_flags(
        load_preset("default"), without=[field.name for field in fields(TransferOptions) if field.name not in _OF_STYLE]
    )

Output: TypeAlias = Annotated[
    Path | None, Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"FILE{STYLE_ENDING}"), FLAG_ONLY
]

app = App(name="style", help="Extract styles into files, blend them, and combine paintings.")

COMBINED = TextureOptions(
    picture_size=512,
    measure="long",
    style_layers=("conv1_1", "conv2_1"),
    pooling="max",
    padding="reflect",
    iterations=200,
)
"""Gram matrices up to conv2_1, starting from the composition, as in 1611.07865 (500 iterations, relu2_1)."""

if TYPE_CHECKING:
    CombinedFlags: TypeAlias = Given
else:
    CombinedFlags = make_flags(
        COMBINED,
        without=("size", "init", "init_noise", "noise", "pink_exponent", "seed"),
        names={"picture_size": "--size", "style_layers": "--layers"},
        texts={
            "picture_size": "Size of the result and of the encoded image with the strokes, as `measure` says.",
            "style_layers": "Layers whose Gram matrices define the strokes; deeper layers give larger strokes.",
        },
    )


@app.command
def extract(
    style: Path,
    /,
    *,
    output: Output = None,
    force: Force = False,
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    config: ConfigFile = None,
    device: Device = "auto",
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Save the style of an image to a file of a few megabytes, which other commands accept in place of the image.

    `brushwork style extract painting.jpg` writes painting.style to the current folder, and
    `brushwork paint photo.jpg painting.style` uses it. With the same size, network and layers the result is the same as
    with the image. At other sizes the nearest saved one is used.

    Parameters
    ----------
    style
        The style image.
    output
        Output file; default: named after the image, in the current folder.
    preset_name
        Settings of a published program; `brushwork presets` lists them.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    from brushwork.options.encoder import load_encoder_for  # imports torch, which help pages do not need

    options = resolve_options(load_preset(preset_name), given)
    output = output or Path(f"{style.stem}{STYLE_ENDING}")
    _require_output(output, force)
    place = devices.select_device(device)
    # As `paint` reads it: a very large image no larger than it is encoded.
    size = recipes.extraction_size(images.image_size(style), options)
    image = images.read_image(style, min_size=size).image.to(place)
    kept = recipes.extract_style(image, options, style.name, encoder=load_encoder_for(options, place))
    return _write(kept, output, force)


@app.command(name="blend", usage="Usage: brushwork style blend [OPTIONS] STYLE[:WEIGHT]...")
def blend_files(*styles: str, output: Output = None, force: Force = False) -> int:
    """Blend style files: `brushwork style blend a.style:0.7 b.style:0.3 -o c.style`.

    Parameters
    ----------
    styles
        Style files, each with its weight after a colon (default 1); weights are divided by their sum.
    output
        Output file; default: named after the styles, in the current folder.
    """
    parts = [_parse_weighted(style) for style in styles]
    kept = controls.blend_style_files(
        [controls.StyleFile.read(path) for path, _ in parts], [weight for _, weight in parts]
    )
    output = output or Path(f"{'+'.join(path.stem for path, _ in parts)}{STYLE_ENDING}")
    _require_output(output, force)
    return _write(kept, output, force)


@app.command
def info(style: Path, /) -> int:
    """Show which image a style file was extracted from, and how.

    Parameters
    ----------
    style
        A file written by `brushwork style extract` or `brushwork style blend`.
    """
    kept = controls.StyleFile.read(style)
    settings = ", ".join(f"{name} {value}" for name, value in vars(kept.encoder).items() if name != "fingerprint")
    print_result(
        f"{kept.source}: at {' and '.join(map(str, kept.styles))} pixels; {', '.join(kept.layers)}; {settings}"
    )
    return 0


def _parse_weighted(given: str) -> tuple[Path, float]:
    """Split a.style:0.7 into a.style and 0.7.

    Raises: InputError: the weight is not a number.
    """
    name, colon, weight = given.rpartition(":")
    if not colon or given.lower().endswith(STYLE_ENDING):
        return expand_user(given), 1.0
    try:
        return expand_user(name), float(weight)
    except ValueError:
        raise InputError(f"{given}: {weight!r} is not a weight; write it like starry{STYLE_ENDING}:0.7.") from None


def _require_output(path: Path, force: bool) -> None:
    if path.suffix.lower() != STYLE_ENDING:
        raise InputError(f"the output is {path}: its name must end in {STYLE_ENDING}.")
    require_writable(path, overwrite=force)


def _write(kept: controls.StyleFile, path: Path, force: bool) -> int:
    kept.write(path, overwrite=force)
    log(f"the style of {kept.source}, {format_megabytes(kept.nbytes)}")
    print_result(str(path))
    return 0


def combine(
    composition: Picture,
    strokes: Picture,
    /,
    *,
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[CombinedFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Make a style image with the composition of one image and the strokes of another.

    `brushwork style combine composition.jpg strokes.jpg -o new.png`, then `brushwork paint photo.jpg new.png`.

    Parameters
    ----------
    composition
        The image whose large shapes and colors are kept; it is the initial image.
    strokes
        The image whose fine texture is taken.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    options = resolve_options(COMBINED, given)
    with StdStreams() as pipes:
        files = list_images([pipes.input_path(name) for name in (composition, strokes)])
        if len(files) > len((composition, strokes)):
            raise InputError("combine takes two images, but a folder was given: give the files.")
        coarse, fine = files
        own = images.image_size(coarse, max_pixels=flags.max_pixels or images.MAX_PIXELS)
        canvas = fit_size(own, options.picture_size, measure=options.measure)
        sized = replace(options, size=f"{canvas.width}x{canvas.height}")
        runs = [(fine, (), f"{coarse.stem}-in-{fine.stem}")]
        return execute(make_request(sized, runs, flags, pipes, is_batch=False, init=coarse))


app.command(combine)
