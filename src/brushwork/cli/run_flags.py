"""Flags that commands share: output, machine, and feed-forward models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from cyclopts import Group, Parameter, Token

from brushwork.choices import DeviceName
from brushwork.cli.config import refuse_flag
from brushwork.cli.dashes import STREAM
from brushwork.cli.flags import MACHINE, OUTPUT, home_path, parse_integer

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", re.IGNORECASE)

Output: TypeAlias = Annotated[str, Parameter(alias="-o", group=OUTPUT, metavar="OUT", show_default=False), STREAM]
Flag: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]
File: TypeAlias = Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path)]
Count: TypeAlias = Annotated[int | None, Parameter(group=OUTPUT, converter=parse_integer)]

Force: TypeAlias = Annotated[Flag, Parameter(help="Overwrite existing files.")]
Plot: TypeAlias = Annotated[
    File, Parameter(help="Plot the losses to this file (.png, .pdf, .svg); needs the extra brushwork[plot].")
]
Quiet: TypeAlias = Annotated[Flag, Parameter(alias="-q", help="Print only errors and the result.")]
Device: TypeAlias = Annotated[
    DeviceName, Parameter(group=MACHINE, help="Where to compute; auto takes the fastest device available.")
]
Threads: TypeAlias = Annotated[
    int | None,
    Parameter(
        group=MACHINE,
        converter=parse_integer,
        help="Threads on the CPU; default: OMP_NUM_THREADS or one per core.",
    ),
]
CheckpointEvery: TypeAlias = Annotated[
    float,
    Parameter(
        group=MACHINE,
        show_default="60",
        help="Seconds between checkpoints, from which `--resume` continues; the first one comes after 5.",
    ),
]

FEED_FORWARD = Group("One pass", help="Painting in one forward pass, without optimization.", sort_key=3)


def parse_bytes(_: Any, tokens: Sequence[Token]) -> int:
    """Parse an amount of memory: 4GB, 512M, 2GiB or a number of bytes."""
    found = _AMOUNT.fullmatch(tokens[0].value.strip())
    if not found or found[2].lower() not in _UNITS:
        raise ValueError(f"{tokens[0].value} is not an amount of memory: write 4GB, 512MB or 2GiB")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def choose_model(model: str | None, styles: Sequence[str], hint: str = "", *, quiet: bool) -> str | None:
    """Return the feed-forward model to use: none if style images are named and the model is a setting.

    Raises: InputError: both were given on the command line; the message ends in `hint`.
    """
    if model is None or not styles:
        return model
    said = (
        f"the style image {styles[0]} and --model {model} were both given: a model brings its own styles (--style "
        f"chooses one of several); remove one of them.{hint}"
    )
    refuse_flag("model", said, quiet=quiet)
    return None


Memory: TypeAlias = Annotated[int | None, Parameter(group=MACHINE, converter=parse_bytes, metavar="AMOUNT")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunFlags:
    """Flags for output and machine."""

    output: Output = ""
    """Output: a file (.png, .jpg, .webp, .tif; .dzi for a Deep Zoom of tiles with a page that shows them), a
    folder, or - for PNG on stdout. Default: a file in the current folder, named after the inputs; of a rerun,
    beside the image."""

    pyramid: Flag = False
    """Write a tiled TIFF with smaller versions of itself, for viewers of very large images."""

    force: Force = False

    resume: Flag = False
    """Resume an interrupted run; finished results stay as they are."""

    save_every: Count = None
    """Also save the image every N iterations, numbered, beside the output."""

    plot: Plot = None

    timelapse: File = None
    """Write an animation of the optimization (.gif, .webp)."""

    json: Flag = False
    """Print one JSON document instead of the path: output, losses, sizes, iterations, seconds, device, notes."""

    quiet: Quiet = False
    device: Device = "auto"
    threads: Threads = None

    memory: Memory = None
    """Memory that may be used, such as 4GB or 2GiB; default: all that is free. Images that need more are encoded in
    tiles, which takes longer, and refused only if those do not fit."""

    max_pixels: Annotated[int | None, Parameter(group=MACHINE, converter=parse_integer)] = None
    """Largest image to read, in pixels; raises the limit that guards against decompression bombs."""

    checkpoint_every: CheckpointEvery = 60.0


@Parameter(name="*", group=FEED_FORWARD)
@dataclass(frozen=True, kw_only=True)
class FeedForwardFlags:
    """Flags for style transfer in one forward pass."""

    instant: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """Run in one forward pass, in about a second: a preview of any style, by AdaIN. Sizes, scales, blends, regions
    and colors work as in the optimization; options of the optimization only are ignored."""

    model: str | None = None
    """Run in one forward pass with a trained network, such as gallery with --style wave, at the content's own size: its
    file, or a name that `brushwork models` lists. Give no style image then."""

    strength: Annotated[float | None, Parameter(show_default="1")] = None
    """With --instant or --model: strength of the style, from 0 (the content image) to 1."""

    statistics: Annotated[Literal["exact", "frozen"] | None, Parameter(show_default="exact")] = None
    """With --model: normalize with the mean and std of the whole image (exact), or of a smaller copy
    (frozen); tiles then run one by one, with less memory."""

    def require_consistent(self, *, quiet: bool) -> None:
        """Check that the flags are consistent. `quiet`: settings that are ignored are not logged.

        Raises: InputError.
        """
        if self.statistics is not None and self.model is None:
            refuse_flag("statistics", "--statistics applies to models only: add --model NAME.", quiet=quiet)
        if self.strength is not None and not (self.instant or self.model):
            said = "--strength applies to feed-forward methods only: add --instant or --model, or use --style-weight."
            refuse_flag("strength", said, quiet=quiet)
