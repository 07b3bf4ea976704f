"""`brushwork texture`: synthesize textures, by optimization or with a trained model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork import feedforward
from brushwork.cli.config import FLAG_ONLY, refuse_flag, resolve_options, split_init
from brushwork.cli.dashes import Picture
from brushwork.cli.execute import execute
from brushwork.cli.flags import PICTURES, ConfigFile, Given, make_flags
from brushwork.cli.request import (
    Execute,
    StdStreams,
    feedforward_options,
    make_request,
    run_on_each_image,
)
from brushwork.cli.run_flags import RunFlags
from brushwork.errors import InputError
from brushwork.feedforward.options import TextureModelOptions
from brushwork.options import Init
from brushwork.recipes import TextureOptions

START_HELP = """Starting point: white noise (noise, or uniform), pink noise (pink), gray, the picture itself (content,
style), or another image file."""

if TYPE_CHECKING:
    TextureFlags: TypeAlias = Given
else:
    TextureFlags = make_flags(
        TextureOptions(), types={"init": str, "size": Annotated[str, FLAG_ONLY]}, texts={"init": START_HELP}
    )


def texture(
    image: Annotated[Picture, Parameter(show_default=False)] = "",
    /,
    *more: Picture,
    model: Annotated[str, Parameter(group=PICTURES, show_default=False)] = "",
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[TextureFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Synthesize a texture of any size from an image.

    `brushwork texture pebbles.jpg --size 1024x512` writes pebbles-texture.png to the current folder.
    `brushwork texture --model auvers-texture --size 1024x512 --seed 3` generates one in one pass with a trained model
    (`brushwork train texture`).

    Parameters
    ----------
    image
        The source image: a file, a folder, or - for standard input.
    more
        More images; each gives a result of its own.
    model
        A texture model instead of an image: its file, or the name of one that comes with the package. It takes a size
        and a seed, and runs in about a second; results whose sides are multiples of 32 tile seamlessly.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    if model and image:
        said = f"the image {image} and --model were both given: a texture model needs no image; remove one of them."
        refuse_flag("model", said, quiet=flags.quiet)
        model = ""
    if model:
        feedforward.find_model_file(model)  # report unknown names first
        own = {"model": model}
        options = feedforward_options(TextureModelOptions, TextureModelOptions(), given, own, quiet=flags.quiet)
        with StdStreams() as pipes:
            run = (None, (), Path(model).stem)
            return execute(make_request(options, [run], flags, pipes, is_batch=False, init=None))
    if not image:
        raise InputError("neither an image nor --model was given: give one of them.")
    given, init = split_init(given, Init)
    return run_on_each_image(resolve_options(TextureOptions(), given), [image, *more], "texture", flags, init, execute)
