"""`brushwork mdan`: photographs painted against a rival that learns what a painting's patches look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import Parameter

from brushwork.cli.dashes import Picture
from brushwork.cli.layers import settings, split_start
from brushwork.cli.options import Given, flags
from brushwork.cli.order import Act, Pipes, order
from brushwork.cli.paint import START_HELP
from brushwork.cli.panels import ConfigFile
from brushwork.cli.perform import perform
from brushwork.cli.running import Running
from brushwork.cli.targets import holds_folder, pictures
from brushwork.errors import InputError
from brushwork.recipes import Mdan
from brushwork.recipes.options import Start

if TYPE_CHECKING:
    MdanFlags: TypeAlias = Given
else:
    MdanFlags = flags(Mdan(), types={"start": str}, texts={"start": START_HELP})


def mdan(
    content: Picture,
    /,
    *styles: Picture,
    config: ConfigFile = None,
    running: Running = Running(),  # noqa: B008
    given: Annotated[MdanFlags, Parameter(name="*")] = {},  # noqa: B006
    act: Annotated[Act, Parameter(parse=False)] = perform,
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
    given, start = split_start(given, Start)
    options = settings(Mdan(), given)
    if not styles:
        raise InputError(f"a painting is missing: brushwork mdan {content} PAINTING")
    with Pipes() as pipes:
        photographs = pictures([pipes.source(content)], quiet=running.quiet)
        paintings = tuple(pictures([pipes.source(name) for name in styles], quiet=running.quiet))
        asked = [(one, paintings, f"{one.stem}+{paintings[0].stem}-mdan") for one in photographs]
        return act(order(options, asked, running, pipes, many=holds_folder([content]), start=start))
