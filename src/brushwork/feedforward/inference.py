"""The `Stylizer` interface, and how to run a stylizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, Self

from torch import Tensor

from brushwork.choices import Engine
from brushwork.controls.inputs import RecipeInputs
from brushwork.feedforward.options import FeedForwardOptions
from brushwork.images.geometry import Size
from brushwork.types import Image


class PartialResult(NamedTuple):
    """Progress of a stylization; the last result holds the image."""

    done: float
    """Fraction of the work done, up to 1."""
    image: Image | None = None


class Stylizer(Protocol):
    """A network loaded on its device, ready for feed-forward stylization."""

    @property
    def name(self) -> str:
        """Name of the weights."""

    @property
    def engine(self) -> Engine:
        """Execution engine on CPUs."""

    @property
    def fastest_tile(self) -> int | None:
        """Side of the fastest tiles in pixels, halo included; None: the whole image is as fast as any tiling.

        Larger images are stylized in such tiles even if there is memory for more.
        """

    def weights(self) -> Mapping[str, Tensor]:
        """Return the weights; their hash is recorded in the images made with them."""

    def stylize(self, images: RecipeInputs, canvas: Size, side: int | None = None) -> Iterator[PartialResult]:
        """Stylize a content image at a size, whole or in tiles of `side` pixels, halo included; the result is the same.

        The images must be on the stylizer's device, at their original size. The last result holds the image, in [0,
        1].

        Raises: InputError: unusable images.
        """

    def to_meta(self) -> Self:
        """Return a copy on the `meta` device, without values, for estimating memory."""


def run_stylizer(
    options: FeedForwardOptions, images: RecipeInputs, stylizer: Stylizer, side: int | None = None
) -> Iterator[PartialResult]:
    """Run a stylizer on prepared images and postprocess the result.

    Raises: InputError: unusable options or images.
    """
    for result in stylizer.stylize(options.prepare(images), options.output_size(Size.of(images.content)), side):
        if result.image is not None:
            result = result._replace(image=options.postprocess(images.content, result.image))
        yield result
