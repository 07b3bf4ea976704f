"""`brushwork reconstruct`: what the network's layers know of a picture, made visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork.cli.dashes import Picture
from brushwork.cli.layers import settings, split_start
from brushwork.cli.options import Given, flags
from brushwork.cli.order import Act, single_picture_order
from brushwork.cli.panels import ConfigFile
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.cli.texture import START_HELP
from brushwork.recipes import ReconstructContent, Texture
from brushwork.recipes.options import Start

STYLE = Texture(
    picture_size=512,  # as for contents
    measure=ReconstructContent().measure,
    style_layers=("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
)
"""A texture with the paper's layers, as large as the picture is looked at. Source: 1508.06576, fig. 1."""

if TYPE_CHECKING:
    ContentFlags: TypeAlias = Given
    StyleFlags: TypeAlias = Given
else:
    ContentFlags = flags(ReconstructContent(), types={"start": str}, texts={"start": START_HELP})
    StyleFlags = flags(
        STYLE,
        without=("size",),
        names={"picture_size": "--size", "style_layers": "--layers"},
        types={"start": str},
        texts={"start": START_HELP, "picture_size": "Size of the result in pixels, measured as `measure` says."},
    )


app = App(name="reconstruct", help="Make visible what a layer knows of a picture.")


@app.command
def content(
    picture: Picture,
    /,
    *more: Picture,
    config: ConfigFile = None,
    running: Running = Running(),  # noqa: B008
    given: Annotated[ContentFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
) -> int:
    """Find a picture that looks the same to one layer of the network.

    `brushwork reconstruct content photo.jpg --layer conv4_2` writes photo-content-conv4_2.png into the current folder.

    Parameters
    ----------
    picture
        The picture: a file, a folder, or - for standard input.
    more
        More pictures, each by itself.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    given, start = split_start(given, Start)
    options = settings(ReconstructContent(), given)
    return single_picture_order(options, [picture, *more], f"content-{options.layer}", running, start, act)


@app.command
def style(
    picture: Picture,
    /,
    *more: Picture,
    config: ConfigFile = None,
    running: Running = Running(),  # noqa: B008
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
) -> int:
    """Find a picture with the same style in some layers of the network.

    `brushwork reconstruct style painting.jpg --layers conv1_1 conv2_1` writes painting-style.png into the current
    folder. Without `--layers`, those of the paper: conv1_1 to conv5_1.

    Parameters
    ----------
    picture
        The picture: a file, a folder, or - for standard input.
    more
        More pictures, each by itself.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    given, start = split_start(given, Start)
    return single_picture_order(settings(STYLE, given), [picture, *more], "style", running, start, act)
