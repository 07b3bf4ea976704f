"""`brushwork texture`: new pictures with the texture of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.dashes import Picture
from brushwork.cli.layers import settings, split_start
from brushwork.cli.options import Given, flags
from brushwork.cli.order import Act, single_picture_order
from brushwork.cli.panels import PICTURES, ConfigFile
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.cli.texture_painter import draw_texture
from brushwork.errors import InputError
from brushwork.recipes import Texture
from brushwork.recipes.options import Start

START_HELP = "Starting point: white noise (noise), gray, the picture itself (content, style), or another picture file."

if TYPE_CHECKING:
    TextureFlags: TypeAlias = Given
else:
    TextureFlags = flags(Texture(), types={"start": str}, texts={"start": START_HELP})


def texture(
    picture: Picture = "",
    /,
    *more: Picture,
    painter: Annotated[str, Parameter(group=PICTURES, show_default=False)] = "",
    config: ConfigFile = None,
    running: Running = Running(),  # noqa: B008
    given: Annotated[TextureFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
) -> int:
    """Synthesize a texture of any size from a picture.

    `brushwork texture pebbles.jpg --size 1024x512` writes pebbles-texture.png into the current folder.
    `brushwork texture --painter auvers-texture --size 1024x512 --seed 3` draws one at once, by a painter that has
    learned it (`brushwork train texture`).

    Parameters
    ----------
    picture
        The picture: a file, a folder, or - for standard input.
    more
        More pictures, each by itself.
    painter
        A painter of textures instead of a picture: its file, or the name of one that comes with the package. It takes
        a size and a seed, and draws within a second or so; sides that are multiples of 32 meet at their borders.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    if painter:
        _require_alone(picture, act)
        return draw_texture(painter, given, running)
    if not picture:
        raise InputError("no picture was given, and no --painter: name one of them.")
    given, start = split_start(given, Start)
    return single_picture_order(settings(Texture(), given), [picture, *more], "texture", running, start, act)


def _require_alone(picture: str, act: Act) -> None:
    if picture:
        raise InputError(f"the picture {picture} and --painter were both given: a painter draws what it has learned.")
    if act is not perform:
        raise InputError("a painter draws at once: there is nothing to plan.")
