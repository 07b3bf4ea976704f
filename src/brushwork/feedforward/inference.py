"""Painting in one pass: what is asked for, and what does it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.controls.inputs import RecipeInputs
from brushwork.encoders.backends import Engine
from brushwork.images.geometry import Size
from brushwork.images.resample import fit_size
from brushwork.options import SizeOptions
from brushwork.options.groups import ColorOptions
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class FeedForwardOptions(SizeOptions, ColorOptions, ABC):
    """Options of painting in one pass, without optimizing."""

    engine: Literal["auto", Engine] = "auto"
    """How the network computes on processors: native (brushwork's own kernels), nnpack, channels-last or plain
    (torch's); auto takes the fastest here, as measured once. They agree but for rounding."""

    @abstractmethod
    def load_stylizer(self, device: torch.device) -> Stylizer:
        """The network that the options name, on a device.

        Raises: InputError: no such network. WeightsError: its weights are not there.
        """


class PartialResult(NamedTuple):
    """How far a picture is, and, with the last stroke, the picture itself."""

    done: float
    """Share of the work, up to 1."""
    image: Image | None = None


class Stylizer(Protocol):
    """A network that is ready to paint in one pass, on its device."""

    @property
    def name(self) -> str:
        """Of its weights."""

    @property
    def engine(self) -> Engine:
        """How it computes on processors."""

    @property
    def fastest_tile(self) -> int | None:
        """Pixels a side of the largest tiles, halo included, by which anything is gained: larger pictures are painted
        in such tiles, though there be room for more. None: at once is as fast as any."""

    def weights(self) -> Mapping[str, Tensor]:
        """Its weights: their hash stands in the record of what it painted."""

    def stylize(self, images: RecipeInputs, canvas: Size, side: int | None = None) -> Iterator[PartialResult]:
        """Paint a photograph at a size: at once, or in tiles of `side` pixels, halo included, to the same picture.

        The pictures lie on the brush's device, as large as they were read. With the last stroke comes the picture, in
        [0, 1].

        Raises: InputError: pictures that it cannot paint with.
        """

    def to_meta(self) -> Self:
        """The same without numbers, on `meta`: it takes the memory that it would take, and does nothing."""


def run_stylizer(
    options: FeedForwardOptions, images: RecipeInputs, stylizer: Stylizer, side: int | None = None
) -> Iterator[PartialResult]:
    """Paint in one pass, with the colors that the options ask for.

    Raises: InputError: options or pictures that cannot be used.
    """
    content, styles = prepare_colors(options, images.content, images.styles)
    shown = images._replace(content=content, styles=tuple(styles))
    for stroke in stylizer.stylize(shown, output_size(options, Size.of(content)), side):
        if stroke.image is not None:
            stroke = stroke._replace(image=apply_colors(options, images.content, stroke.image))
        yield stroke


def output_size(options: SizeOptions, content: Size) -> Size:
    """The size of the finished picture."""
    return content if options.size == "full" else fit_size(content, options.size, measure=options.measure)
