"""Jobs: input files, options, output file; and the same job at another size."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from brushwork.errors import InputError
from brushwork.feedforward.inference import FeedForwardOptions
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size, fit_size
from brushwork.options import SMALLEST_SIDE, measured_size
from brushwork.recipes import RecipeOptions, TextureOptions
from brushwork.storage.folders import expand_user

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda", "mps", "xpu"]

Masks: TypeAlias = tuple[Path, ...]
"""The mask of the photograph and that of the painting; the first alone, where all of the painting is meant."""


@dataclass(frozen=True, kw_only=True)
class BaseJob(ABC):
    """One painting, from files to a file, however it is painted."""

    options: RecipeOptions | FeedForwardOptions
    """What to paint; the type says by which recipe, or by which kind of network at once."""

    content: Path
    """The photograph of a transfer; the picture of a reconstruction or a texture."""

    styles: tuple[Path, ...] = ()
    """The paintings of a transfer; none for the other recipes."""

    regions: tuple[Masks, ...] = ()
    """Which part is painted after which. See `read_masks`."""

    output: Path
    """The picture's file; its ending says the format."""

    device: DeviceName = "auto"
    """Where to compute; auto takes the fastest that is there."""

    overwrite: bool = False
    """Whether a picture or a checkpoint that lies at the output may be lost."""

    pyramid: bool = False
    """Whether a TIFF holds smaller versions of itself too, for viewers of giant pictures."""

    max_pixels: int | None = None
    """Largest pictures to read, in pixels; None: the limit of `brushwork.images`."""

    tiling: Tiling | None = None
    """How the network looks at the pictures, if that fits into memory; None: at once, or else in tiles that fit."""

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What is read."""
        return (self.content, *self.styles, *(mask for masks in self.regions for mask in masks))

    @property
    def files(self) -> tuple[Path, ...]:
        """What is written, or was begun and kept."""
        return (self.output,)


@dataclass(frozen=True, kw_only=True)
class OptimizationJob(BaseJob):
    """One painting that is optimized."""

    options: RecipeOptions

    init: Path | None = None
    """A picture to begin with, instead of the starting point that the options name."""

    @property
    def checkpoint(self) -> Path:
        """Where the unfinished painting is kept: beside the output."""
        return expand_user(self.output.with_name(f"{self.output.name}.checkpoint"))

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What is read."""
        return (*super().inputs, *(() if self.init is None else (self.init,)))

    @property
    def files(self) -> tuple[Path, ...]:
        """What is written, or was begun and kept."""
        return (self.output, self.checkpoint)


@dataclass(frozen=True, kw_only=True)
class FeedForwardJob(BaseJob):
    """One painting that is painted in one pass."""

    options: FeedForwardOptions


def make_job(
    options: RecipeOptions | FeedForwardOptions, *, init: Path | None = None, **rest: Any
) -> OptimizationJob | FeedForwardJob:
    """The job that belongs to the options; `rest`: the other fields.

    Raises: InputError: a start for what is painted in one pass.
    """
    if not isinstance(options, FeedForwardOptions):
        return OptimizationJob(options=options, init=init, **rest)
    if init is not None:
        raise InputError(f"{init} was given to start from, and what is painted in one pass starts from nothing.")
    return FeedForwardJob(options=options, **rest)


def with_size(options: RecipeOptions, size: int, canvas: Size) -> RecipeOptions:
    """The options with another `size`; for a texture, the long side of a canvas of the same proportions."""
    if not isinstance(options, TextureOptions):
        return replace(options, size=size)
    height, width = (max(SMALLEST_SIDE, side) for side in fit_size(canvas, size, measure="long"))
    return replace(options, size=f"{width}x{height}")


def option_size(options: RecipeOptions, canvas: Size) -> int:
    """The opposite: the size that the options name, in pixels."""
    if isinstance(options, TextureOptions):
        return max(canvas)
    return round(measured_size(canvas, options.measure)) if options.size == "full" else options.size
