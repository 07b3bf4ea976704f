"""A job: what is to be painted, from which files, into which."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from brushwork.errors import InputError
from brushwork.evaluate.tiled import Tiling
from brushwork.fast.at_once import AtOnce
from brushwork.folders import expanded
from brushwork.recipes import Options

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda", "mps", "xpu"]

Masks: TypeAlias = tuple[Path, ...]
"""The mask of the photograph and that of the painting; the first alone, where all of the painting is meant."""


@dataclass(frozen=True, kw_only=True)
class Commission(ABC):
    """One painting, from files to a file, however it is painted."""

    options: Options | AtOnce
    """What to paint; the type says by which recipe, or by which kind of network at once."""

    content: Path
    """The photograph of a transfer; the picture of a reconstruction or a texture."""

    paintings: tuple[Path, ...] = ()
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
    """Largest pictures to read, in pixels; None: the limit of `brushwork.picture`."""

    tiling: Tiling | None = None
    """How the network looks at the pictures, if that fits into memory; None: at once, or else in tiles that fit."""

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What is read."""
        return (self.content, *self.paintings, *(mask for masks in self.regions for mask in masks))

    @property
    def files(self) -> tuple[Path, ...]:
        """What is written, or was begun and kept."""
        return (self.output,)


@dataclass(frozen=True, kw_only=True)
class Job(Commission):
    """One painting that is optimized."""

    options: Options

    start: Path | None = None
    """A picture to begin with, instead of the starting point that the options name."""

    @property
    def checkpoint(self) -> Path:
        """Where the unfinished painting is kept: beside the output."""
        return expanded(self.output.with_name(f"{self.output.name}.checkpoint"))

    @property
    def inputs(self) -> tuple[Path, ...]:
        """What is read."""
        return (*super().inputs, *(() if self.start is None else (self.start,)))

    @property
    def files(self) -> tuple[Path, ...]:
        """What is written, or was begun and kept."""
        return (self.output, self.checkpoint)


@dataclass(frozen=True, kw_only=True)
class OnePass(Commission):
    """One painting that is painted in one pass."""

    options: AtOnce


def commission(options: Options | AtOnce, *, start: Path | None = None, **rest: Any) -> Job | OnePass:
    """The job that belongs to the options; `rest`: the other fields.

    Raises: InputError: a start for what is painted in one pass.
    """
    if not isinstance(options, AtOnce):
        return Job(options=options, start=start, **rest)
    if start is not None:
        raise InputError(f"{start} was given to start from, and what is painted in one pass starts from nothing.")
    return OnePass(options=options, **rest)
