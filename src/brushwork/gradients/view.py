"""What is looked at, whether tile by tile or row after row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from brushwork.encoders.backends import is_native_input
from brushwork.encoders.encoder import PIXELS, Encoder
from brushwork.errors import InputError
from brushwork.gradients.partial_sums import halos
from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.types import Image


@dataclass(frozen=True)
class TileView:
    """A network before a picture, or before a part of one."""

    encoder: Encoder
    losses: Mapping[str, AdditiveStatistic]
    image: Image
    window: Window
    """The pixels whose cells are looked at."""
    present: Window
    """Where the image lies in the picture."""
    layout: TileLayout

    @classmethod
    def create(
        cls,
        encoder: Encoder,
        image: Image,
        own: Window | None,
        terms: Mapping[str, AdditiveStatistic],
        layers: Sequence[str] = (),
    ) -> Self:
        """A picture for some terms, and for the features at some taps.

        `own`: a window that begins at multiples of the layout's stride, and ends there or at the border; the image is
        then `layout.outer(own)`. None: the whole picture.

        Raises: InputError: an image of another size.
        """
        own = own or Window.whole(Size.of(image))
        layout = TileLayout.of(encoder, dict.fromkeys(layers, 0) | halos(terms), own.full_size)
        present = layout.receptive_window(own)
        if Size.of(image) != present.size:
            raise InputError(
                f"{own} is to be evaluated, and the picture has {Size.of(image)} pixels: it must be that window with "
                f"its halo, {present.size}."
            )
        return cls(encoder, terms, image, own, present, layout)

    @property
    def can_stream(self) -> bool:
        """Whether it can be looked at row after row: by the compiled part, and at each cell of a map by itself."""
        return (
            all(lattice.halo == 0 or layer == PIXELS for layer, lattice in self.layout.grids.items())
            and self.image.shape[0] == 1
            and is_native_input(self.image)
            and bool(self.encoder.native_steps(self.layout.grids))
        )
