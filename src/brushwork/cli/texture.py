"""`brushwork texture`: new pictures with the texture of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.layers import settings, split_start
from brushwork.cli.options import Given, flags
from brushwork.cli.order import Act, single_picture_order
from brushwork.cli.panels import ConfigFile
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.recipes import Texture
from brushwork.recipes.options import Start

START_HELP = "Starting point: white noise (noise), gray, the picture itself (content, style), or another picture file."

if TYPE_CHECKING:
    TextureFlags: TypeAlias = Given
else:
    TextureFlags = flags(Texture(), types={"start": str}, texts={"start": START_HELP})


def texture(
    picture: str,
    /,
    *more: str,
    config: ConfigFile = None,
    running: Running = Running(),  # noqa: B008
    given: Annotated[TextureFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
) -> int:
    """Synthesize a texture of any size from a picture.

    `brushwork texture pebbles.jpg --size 1024x512` writes pebbles-texture.png into the current folder.

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
    return single_picture_order(settings(Texture(), given), [picture, *more], "texture", running, start, act)
