"""The options that every painting command shares: where results go, and what the machine is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter, Token

from brushwork.cli.dashes import STREAM
from brushwork.cli.options import home_path, parse_integer
from brushwork.cli.panels import MACHINE, OUTPUT
from brushwork.jobs.job import DeviceName

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", re.IGNORECASE)


def parse_bytes(_: Any, tokens: Sequence[Token]) -> int:
    """4GB, 512M, 2GiB or a number of bytes."""
    found = _AMOUNT.fullmatch(tokens[0].value.strip())
    if not found or found[2].lower() not in _UNITS:
        raise ValueError(f"{tokens[0].value} is no amount of memory: write 4GB, 512MB or 2GiB")
    return int(float(found[1]) * _UNITS[found[2].lower()])


Output: TypeAlias = Annotated[str, Parameter(alias="-o", group=OUTPUT, metavar="OUT", show_default=False), STREAM]
Flag: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]
File: TypeAlias = Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path)]
Count: TypeAlias = Annotated[int | None, Parameter(group=OUTPUT, converter=parse_integer)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunFlags:
    """How a command runs."""

    output: Output = ""
    """Where the picture goes: a file (.png, .jpg, .webp, .tif; .dzi for a Deep Zoom of tiles with a page that shows
    them), a folder, or - for PNG on stdout. Without it: a file in the current folder, named after the pictures."""

    pyramid: Flag = False
    """Write a TIFF in tiles, with smaller versions of itself, for viewers of giant pictures."""

    force: Flag = False
    """Overwrite what is there."""

    resume: Flag = False
    """Go on with what was interrupted; what is finished stays as it is."""

    save_every: Count = None
    """Also keep the picture every N iterations, numbered, beside the output."""

    plot: File = None
    """Draw the losses into this file (.png, .pdf, .svg); needs the extra brushwork[plot]."""

    timelapse: File = None
    """Write the painting's way as an animation (.gif, .webp)."""

    json: Flag = False
    """Print one JSON document instead of the path: output, losses, sizes, iterations, seconds, device, notes."""

    quiet: Annotated[Flag, Parameter(alias="-q")] = False
    """Say nothing but errors and the result."""

    device: Annotated[DeviceName, Parameter(group=MACHINE)] = "auto"
    """Where to compute; auto takes the fastest that is there."""

    threads: Annotated[int | None, Parameter(group=MACHINE, converter=parse_integer)] = None
    """Threads on the CPU; without it, OMP_NUM_THREADS or one for each core."""

    memory: Annotated[int | None, Parameter(group=MACHINE, converter=parse_bytes, metavar="AMOUNT")] = None
    """Memory that may be used, as 4GB or 2GiB; without it, what is left. A picture that needs more is looked
    at in tiles, which takes longer, and refused only if those do not fit."""

    max_pixels: Annotated[int | None, Parameter(group=MACHINE, converter=parse_integer)] = None
    """Largest pictures to read, in pixels; raises the limit that keeps out decompression bombs."""

    checkpoint_every: Annotated[float, Parameter(group=MACHINE, show_default="60")] = 60.0
    """Seconds between checkpoints, which `--resume` goes on from; the first one comes after 5."""
