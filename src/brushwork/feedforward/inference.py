"""Feed-forward stylization: the options and the `Stylizer` interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from brushwork.choices import Engine
from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.controls.inputs import RecipeInputs
from brushwork.images.geometry import Size
from brushwork.options import MethodOptions, ScheduleLevel, SizeOptions
from brushwork.options.groups import ColorOptions
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class FeedForwardOptions(SizeOptions, ColorOptions, MethodOptions, ABC):
    """Options of feed-forward stylization."""

    engine: Literal["auto", Engine] = "auto"
    """Implementation of the network on CPUs: native (brushwork's own kernels), channels-last or plain (torch's); auto
    takes native if its kernels were built, else channels-last; they agree up to rounding."""

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the only size, with no iterations."""
        return [ScheduleLevel(self.output_size(content), 0)]

    @abstractmethod
    def load_stylizer(self, device: torch.device) -> Stylizer:
        """Load the network that the options name onto a device.

        Raises: InputError: unknown network. WeightsError: its weights are missing.
        """


class PartialResult(NamedTuple):
    """Progress of a stylization; the last result holds the image."""

    done: float
    """Fraction of the work that is done, up to 1."""
    image: Image | None = None


class Stylizer(Protocol):
    """A network that is loaded on its device, ready for feed-forward stylization."""

    @property
    def name(self) -> str:
        """Name of the weights."""

    @property
    def engine(self) -> Engine:
        """Execution engine on CPUs."""

    @property
    def fastest_tile(self) -> int | None:
        """Side in pixels, halo included, of the fastest tiles; None: the whole image is as fast as any tiling.

        Larger images are stylized in such tiles even if there is memory for more.
        """

    def weights(self) -> Mapping[str, Tensor]:
        """Return the weights; their hash is recorded in the images made with them."""

    def stylize(self, images: RecipeInputs, canvas: Size, side: int | None = None) -> Iterator[PartialResult]:
        """Stylize a content image at a size: whole, or in tiles of `side` pixels, halo included, to the same image.

        The images must be on the stylizer's device, at their original size. The last result holds the image, in [0,
        1].

        Raises: InputError: images that it cannot use.
        """

    def to_meta(self) -> Self:
        """Return a copy on the `meta` device, without values, to estimate memory."""


def run_stylizer(
    options: FeedForwardOptions, images: RecipeInputs, stylizer: Stylizer, side: int | None = None
) -> Iterator[PartialResult]:
    """Run a stylizer, with the color options applied.

    Raises: InputError: options or images that cannot be used.
    """
    content, styles = prepare_colors(options, images.content, images.styles)
    shown = images._replace(content=content, styles=tuple(styles))
    for stroke in stylizer.stylize(shown, output_size(options, Size.of(content)), side):
        if stroke.image is not None:
            stroke = stroke._replace(image=apply_colors(options, images.content, stroke.image))
        yield stroke


def output_size(options: SizeOptions, content: Size) -> Size:
    """Return the size of the result."""
    return options.output_size(content)
