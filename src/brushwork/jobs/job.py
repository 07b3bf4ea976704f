"""A job: input files, options, output file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from brushwork.choices import DeviceName
from brushwork.errors import InputError
from brushwork.feedforward.options import FeedForwardOptions
from brushwork.gradients.tiled import Tiling
from brushwork.options import check_options, require_options
from brushwork.recipes import RecipeOptions
from brushwork.storage.file_names import CHECKPOINT_ENDING
from brushwork.storage.folders import expand_user

JobOptions: TypeAlias = RecipeOptions | FeedForwardOptions
"""Options of a job: their type selects the method."""

Masks: TypeAlias = tuple[Path, ...]
"""The content mask and the style mask; the content mask alone means the whole style image."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of a method from input files to an output file."""

    options: JobOptions

    content: Path | None = None
    """The content image of a transfer; the image of a reconstruction or a texture; None for a texture from noise."""

    styles: tuple[Path, ...] = ()
    """The style images of a transfer; empty for methods that take none."""

    regions: tuple[Masks, ...] = ()
    """Which part of the content takes its style from which part of a style image. See `read_masks`."""

    init: Path | None = None
    """Initial image of an optimization; it replaces the one that the options name."""

    output: Path
    """The output file; its extension selects the format."""

    device: DeviceName = "auto"
    """Where to compute; auto takes the fastest device available."""

    overwrite: bool = False
    """Whether an existing output or checkpoint may be overwritten."""

    pyramid: bool = False
    """Whether a TIFF also holds smaller versions of itself, for viewers of very large images."""

    max_pixels: int | None = None
    """Largest image to read, in pixels; None: the limit of `brushwork.images`."""

    tiling: Tiling | None = None
    """Tiling of the network, if it fits into memory; None: no tiles if that fits, else tiles that fit."""

    weights: str = ""
    """Hash that the network's weights must have, as the manifest of a result records it; empty: any."""

    def __post_init__(self) -> None:
        """Check the type of every value. Raises: InputError: values that are not options, paths or numbers."""
        require_options(self.options)
        check_options(self)
        for masks in self.regions:
            if len(masks) not in (1, 2):
                raise InputError(
                    f"a region has {len(masks)} masks: give one of the content image, or a pair: one of the content "
                    "image and one of a style image."
                )

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files that the job reads."""
        content = () if self.content is None else (self.content,)
        init = () if self.init is None else (self.init,)
        return (*content, *self.styles, *(mask for masks in self.regions for mask in masks), *init)

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint, beside the output; methods without iterations write none."""
        return expand_user(self.output.with_name(self.output.name + CHECKPOINT_ENDING))

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that the job writes."""
        return (self.output, self.checkpoint)
