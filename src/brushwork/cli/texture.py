"""`brushwork texture`: new pictures with the texture of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.dashes import Picture
from brushwork.cli.layers import resolve_options, split_init
from brushwork.cli.options import Given, make_flags
from brushwork.cli.order import Execute, make_single_image_request
from brushwork.cli.panels import PICTURES, ConfigFile
from brushwork.cli.perform import execute
from brushwork.cli.running import RunFlags
from brushwork.cli.texture_painter import run_texture_model
from brushwork.errors import InputError
from brushwork.recipes import TextureOptions
from brushwork.recipes.options import Init

START_HELP = "Starting point: white noise (noise), gray, the picture itself (content, style), or another picture file."

if TYPE_CHECKING:
    TextureFlags: TypeAlias = Given
else:
    TextureFlags = make_flags(TextureOptions(), types={"init": str}, texts={"init": START_HELP})


def texture(
    image: Picture = "",
    /,
    *more: Picture,
    model: Annotated[str, Parameter(group=PICTURES, show_default=False)] = "",
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[TextureFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Synthesize a texture of any size from a picture.

    `brushwork texture pebbles.jpg --size 1024x512` writes pebbles-texture.png into the current folder.
    `brushwork texture --model auvers-texture --size 1024x512 --seed 3` draws one at once, by a painter that has
    learned it (`brushwork train texture`).

    Parameters
    ----------
    image
        The picture: a file, a folder, or - for standard input.
    more
        More pictures, each by itself.
    model
        A painter of textures instead of a picture: its file, or the name of one that comes with the package. It takes
        a size and a seed, and draws within a second or so; sides that are multiples of 32 meet at their borders.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    if model:
        _require_alone(image, execute)
        return run_texture_model(model, given, flags)
    if not image:
        raise InputError("no picture was given, and no --model: name one of them.")
    given, init = split_init(given, Init)
    return make_single_image_request(
        resolve_options(TextureOptions(), given), [image, *more], "texture", flags, init, execute
    )


def _require_alone(image: str, action: Execute) -> None:
    if image:
        raise InputError(f"the picture {image} and --model were both given: a painter draws what it has learned.")
    if action is not execute:
        raise InputError("a painter draws at once: there is nothing to plan.")
