"""The view of an image shared by evaluation in tiles and in rows: encoder, losses, windows and layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from brushwork.encoders.backends import is_native_input
from brushwork.encoders.encoder import PIXELS, Encoder
from brushwork.errors import InputError
from brushwork.gradients.partial_sums import halos
from brushwork.gradients.tile_layout import TileLayout
from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.types import Image


@dataclass(frozen=True)
class ImageView:
    """An encoder and losses, applied to an image or a part of one."""

    encoder: Encoder
    losses: Mapping[str, AdditiveStatistic]
    image: Image
    window: Window
    """The pixels whose positions are evaluated."""
    present: Window
    """Window of the full image that `image` covers."""
    layout: TileLayout

    @classmethod
    def create(
        cls,
        encoder: Encoder,
        image: Image,
        own: Window | None,
        terms: Mapping[str, AdditiveStatistic],
        layers: Sequence[str] = (),
    ) -> ImageView:
        """Return a view of an image for the given losses, and for the features at the given layers.

        `own` is a window that begins at multiples of the layout's stride, and ends there or at the border; the image is
        then `layout.receptive_window(own)`. None: the full image.

        Raises: InputError: an image of another size.
        """
        own = own or Window.whole(Size.of(image))
        layout = TileLayout.of(encoder, dict.fromkeys(layers, 0) | halos(terms), own.full_size)
        present = layout.receptive_window(own)
        if Size.of(image) != present.size:
            raise InputError(
                f"the window {own} needs an image of {present.size} pixels, halo included; given: {Size.of(image)}."
            )
        return cls(encoder, terms, image, own, present, layout)

    @property
    def is_streamable(self) -> bool:
        """Whether it can be evaluated row by row: natively, with losses that need no neighboring positions."""
        return (
            all(grid.halo == 0 or layer == PIXELS for layer, grid in self.layout.grids.items())
            and self.image.shape[0] == 1
            and is_native_input(self.image)
            and bool(self.encoder.native_steps(self.layout.grids))
        )
