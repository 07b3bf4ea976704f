"""`brushwork mdan`: photographs painted against a rival that learns what a painting's patches look like."""

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
    """Paint a photograph against a rival that learns to tell its patches from the painting's.

    `brushwork mdan photo.jpg painting.jpg` writes photo+painting-mdan.png into the current folder; `-o` names another
    file. After Li and Wand, 2016: patches are taken from the painting as it is, turned, scaled and mirrored. Ctrl-C
    keeps the picture so far; `--resume` goes on.

    Parameters
    ----------
    content
        The photograph: a file, a folder, or - for standard input.
    styles
        The paintings: files, or folders. Patches of all of them are taken.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
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
