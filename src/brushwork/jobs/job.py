"""A job: what is to be painted, from which files, into which."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from brushwork.evaluate.tiled import Tiling
from brushwork.recipes import Options

DeviceName: TypeAlias = Literal["auto", "cpu", "cuda", "mps", "xpu"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One painting, from files to a file."""

    options: Options
    """What to paint; the type says by which recipe."""

    content: Path
    """The photograph of a transfer; the picture of a reconstruction or a texture."""

    paintings: tuple[Path, ...] = ()
    """The paintings of a transfer; none for the other recipes."""

    regions: tuple[tuple[Path, Path], ...] = ()
    """Masks, each of the photograph and of a painting: which part is painted after which. See `read_masks`."""

    output: Path
    """The picture's file; its ending says the format."""

    start: Path | None = None
    """A picture to begin with, instead of the starting point that the options name."""

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
    def checkpoint(self) -> Path:
        """Where the unfinished painting is kept: beside the output."""
        return self.output.with_name(f"{self.output.name}.checkpoint").expanduser()
