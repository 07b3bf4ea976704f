"""Painting in one pass: what is asked for, and what does it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from brushwork.picture.resample import fit
from brushwork.picture.window import Size
from brushwork.recipes import Pictures
from brushwork.recipes.coloring import Coloring
from brushwork.recipes.options import Sizing
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class AtOnce(Sizing, Coloring, ABC):
    """Options of painting in one pass, without optimizing."""

    @abstractmethod
    def brush(self, device: torch.device) -> Brush:
        """The network that the options name, on a device.

        Raises: InputError: no such network. WeightsError: its weights are not there.
        """


class Stroke(NamedTuple):
    """How far a picture is, and, with the last stroke, the picture: in [0, 1], its colors not yet finished."""

    done: float
    """Share of the work, up to 1."""
    picture: Image | None = None


class Brush(Protocol):
    """A network that is ready to paint in one pass, on its device."""

    @property
    def name(self) -> str:
        """Of its weights."""

    def tensors(self) -> Mapping[str, Tensor]:
        """Its weights: their hash stands in the record of what it painted."""

    def paint(self, pictures: Pictures, canvas: Size, side: int | None = None) -> Iterator[Stroke]:
        """Paint a photograph at a size: at once, or in tiles of `side` pixels, halo included, to the same picture.

        The pictures lie on the brush's device, as large as they were read, their colors already as the network is to
        see them.

        Raises: InputError: pictures that it cannot paint with.
        """

    def need(self, pictures: Pictures, canvas: Size, side: int | None = None) -> int:
        """Bytes of tensors that `paint` takes at its peak beside the pictures, which may lie on `meta`."""


def canvas_size(options: Sizing, photograph: Size) -> Size:
    """The size of the finished picture."""
    return photograph if options.size == "full" else fit(photograph, options.size, by=options.measure)
