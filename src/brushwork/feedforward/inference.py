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
class FeedForwardOptions(MethodOptions, ABC):
    """Options of an image that is made in one forward pass."""

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

    @abstractmethod
    def output_size(self, content: Size) -> Size:
        """Return the size of the result."""

    def prepare(self, images: RecipeInputs) -> RecipeInputs:
        """Return the images as the network takes them.

        Raises: InputError: options that the images do not allow.
        """
        return images

    def postprocess(self, content: Image, image: Image) -> Image:
        """Return the result from the network's output."""
        return image


@dataclass(frozen=True, kw_only=True)
class StylizeOptions(SizeOptions, ColorOptions, FeedForwardOptions, ABC):
    """Options of the stylization of a content image in one forward pass."""

    def prepare(self, images: RecipeInputs) -> RecipeInputs:
        """Return the images in the colors in which the network encodes them."""
        content, styles = prepare_colors(self, images.content, images.styles)
        return images._replace(content=content, styles=tuple(styles))

    def postprocess(self, content: Image, image: Image) -> Image:
        """Return the result in the colors that the options request."""
        return apply_colors(self, content, image)


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
    """Run a stylizer on prepared images, and postprocess the result.

    Raises: InputError: options or images that cannot be used.
    """
    for stroke in stylizer.stylize(options.prepare(images), options.output_size(Size.of(images.content)), side):
        if stroke.image is not None:
            stroke = stroke._replace(image=options.postprocess(images.content, stroke.image))
        yield stroke
