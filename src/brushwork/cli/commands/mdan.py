"""`brushwork mdan`: style transfer against a discriminator of neural patches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.commands.paint import START_HELP
from brushwork.cli.config import resolve_options, split_init
from brushwork.cli.dashes import Picture
from brushwork.cli.execute import execute
from brushwork.cli.flags import ConfigFile, Given, make_flags
from brushwork.cli.paths import has_folder, list_images
from brushwork.cli.request import Execute, StdStreams, make_request
from brushwork.cli.run_flags import RunFlags
from brushwork.errors import InputError
from brushwork.options import Init
from brushwork.recipes import MDANOptions

if TYPE_CHECKING:
    MdanFlags: TypeAlias = Given
else:
    MdanFlags = make_flags(MDANOptions(), types={"init": str}, texts={"init": START_HELP})


def mdan(
    content: Picture,
    /,
    *styles: Picture,
    config: ConfigFile = None,
    flags: RunFlags = RunFlags(),  # noqa: B008
    given: Annotated[MdanFlags, Parameter(name="*")] = {},  # noqa: B006
    execute: Annotated[Execute, Parameter(parse=False)] = execute,
) -> int:
    """Transfer style against a discriminator that learns to tell the result's patches from the style image's.

    `brushwork mdan photo.jpg painting.jpg` writes photo+painting-mdan.png to the current folder; `-o` names another
    file. After Li and Wand, 2016: patches come from the style image as it is, rotated, scaled and mirrored. Ctrl-C
    saves the image so far; `--resume` continues.

    Parameters
    ----------
    content
        The content image: a file, a folder, or - for standard input.
    styles
        The style images: files or folders. Patches of all of them are used.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    given, init = split_init(given, Init)
    options = resolve_options(MDANOptions(), given)
    if not styles:
        raise InputError(f"a painting is missing: brushwork mdan {content} PAINTING")
    with StdStreams() as pipes:
        contents = list_images([pipes.input_path(content)], quiet=flags.quiet)
        style_images = tuple(list_images([pipes.input_path(name) for name in styles], quiet=flags.quiet))
        runs = [(one, style_images, f"{one.stem}+{style_images[0].stem}-mdan") for one in contents]
        return execute(make_request(options, runs, flags, pipes, is_batch=has_folder([content]), init=init))
