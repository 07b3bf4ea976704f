"""`brushwork reconstruct`: images reconstructed from the features of the network's layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork.cli.commands.texture import START_HELP
from brushwork.cli.config import resolve_options, split_init
from brushwork.cli.dashes import Picture
from brushwork.cli.execute import execute
from brushwork.cli.flags import ConfigFile, Given, make_flags
from brushwork.cli.request import Execute, run_on_each_image
from brushwork.cli.run_flags import RunFlags
from brushwork.options import Init
from brushwork.recipes import ReconstructionOptions, TextureOptions

STYLE = TextureOptions(
    picture_size=512,  # as for contents
    measure=ReconstructionOptions().measure,
    style_layers=("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
)
"""A texture with the paper's layers, at the size at which the image is encoded. Source: 1508.06576, fig. 1."""

if TYPE_CHECKING:
    ContentFlags: TypeAlias = Given
    StyleFlags: TypeAlias = Given
else:
    ContentFlags = make_flags(ReconstructionOptions(), types={"init": str}, texts={"init": START_HELP})
    StyleFlags = make_flags(
        STYLE,
        without=("size",),
        names={"picture_size": "--size", "style_layers": "--layers"},
        types={"init": str},
        texts={"init": START_HELP, "picture_size": "Size of the result in pixels, measured as `measure` says."},
    )


app = App(name="reconstruct", help="Reconstruct an image from the features of a layer.")


@app.command(usage="Usage: brushwork reconstruct content [OPTIONS] IMAGE...")
def content(
    image: Picture,
    /,
    *more: Picture,
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[ContentFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Reconstruct an image from its features in one layer of the network.

    `brushwork reconstruct content photo.jpg --layer conv4_2` writes photo-content-conv4_2.png to the current folder.

    Parameters
    ----------
    image
        The image: a file, a folder, or - for standard input.
    more
        More images; each gives a result of its own.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    given, init = split_init(given, Init)
    options = resolve_options(ReconstructionOptions(), given)
    return run_on_each_image(options, [image, *more], f"content-{options.layer}", flags, init, execute)


@app.command(usage="Usage: brushwork reconstruct style [OPTIONS] IMAGE...")
def style(
    image: Picture,
    /,
    *more: Picture,
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Reconstruct the style of an image from some layers of the network.

    `brushwork reconstruct style painting.jpg --layers conv1_1 conv2_1` writes painting-style.png to the current
    folder. Without `--layers`, those of the paper: conv1_1 to conv5_1.

    Parameters
    ----------
    image
        The image: a file, a folder, or - for standard input.
    more
        More images; each gives a result of its own.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    given, init = split_init(given, Init)
    return run_on_each_image(resolve_options(STYLE, given), [image, *more], "style", flags, init, execute)
