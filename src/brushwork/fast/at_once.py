"""Painting in one pass: what is asked for, and what does it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, Self

import torch
from torch import Tensor

from brushwork.perception.engines import Engine
from brushwork.picture.resample import fit
from brushwork.picture.window import Size
from brushwork.recipes.coloring import Coloring, finished, recolored
from brushwork.recipes.options import Sizing
from brushwork.recipes.pictures import Pictures
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class AtOnce(Sizing, Coloring, ABC):
    """Options of painting in one pass, without optimizing."""

    engine: Literal["auto", Engine] = "auto"
    """How the network computes on processors: native (brushwork's own kernels), nnpack, channels-last or plain
    (torch's); auto takes the fastest here, as measured once. They agree but for rounding."""

    @abstractmethod
    def brush(self, device: torch.device) -> Brush:
        """The network that the options name, on a device.

        Raises: InputError: no such network. WeightsError: its weights are not there.
        """


class Stroke(NamedTuple):
    """How far a picture is, and, with the last stroke, the picture itself."""

    done: float
    """Share of the work, up to 1."""
    picture: Image | None = None


class Brush(Protocol):
    """A network that is ready to paint in one pass, on its device."""

    @property
    def name(self) -> str:
        """Of its weights."""

    @property
    def engine(self) -> Engine:
        """How it computes on processors."""

    @property
    def fastest(self) -> int | None:
        """Pixels a side of the largest tiles, halo included, by which anything is gained: larger pictures are painted
        in such tiles, though there be room for more. None: at once is as fast as any."""

    def tensors(self) -> Mapping[str, Tensor]:
        """Its weights: their hash stands in the record of what it painted."""

    def paint(self, pictures: Pictures, canvas: Size, side: int | None = None) -> Iterator[Stroke]:
        """Paint a photograph at a size: at once, or in tiles of `side` pixels, halo included, to the same picture.

        The pictures lie on the brush's device, as large as they were read. With the last stroke comes the picture, in
        [0, 1].

        Raises: InputError: pictures that it cannot paint with.
        """

    def on_meta(self) -> Self:
        """The same without numbers, on `meta`: it takes the memory that it would take, and does nothing."""


def strokes(options: AtOnce, pictures: Pictures, brush: Brush, side: int | None = None) -> Iterator[Stroke]:
    """Paint in one pass, with the colors that the options ask for.

    Raises: InputError: options or pictures that cannot be used.
    """
    content, paintings = recolored(options, pictures.content, pictures.paintings)
    shown = pictures._replace(content=content, paintings=tuple(paintings))
    for stroke in brush.paint(shown, canvas_size(options, Size.of(content)), side):
        if stroke.picture is not None:
            stroke = stroke._replace(picture=finished(options, pictures.content, stroke.picture))
        yield stroke


def canvas_size(options: Sizing, photograph: Size) -> Size:
    """The size of the finished picture."""
    return photograph if options.size == "full" else fit(photograph, options.size, by=options.measure)
