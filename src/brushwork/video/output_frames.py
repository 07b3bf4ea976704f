"""Composes the written frames: painted regions over the clip, with its alpha."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.images.encode import quantize
from brushwork.types import Image
from brushwork.video.film_mask import ReadPlane
from brushwork.video.frame_painter import ReadFrame
from brushwork.video.frame_store import StoredFrame
from brushwork.video.region_painter import images_of

Recolor: TypeAlias = Callable[[Image, Image], Image]
"""Returns a painted frame, the second argument, in its final colors, which may follow those of the clip's frame."""


@dataclass(frozen=True)
class OutputFrames:
    """Composes the frames that are written.

    Frames are stored whole, and masked only when written, so that parts that leave a mask in the next frame are painted
    too. They are also stored without their final colors if the optimization of the next frame begins with them.
    """

    bits: int
    film: ReadFrame
    masks: tuple[ReadPlane, ...] = ()
    """One mask for each region; none: the whole frame is painted."""
    alpha: ReadPlane | None = None
    recolor: Recolor | None = None
    """Gives a painted frame its final colors; None: it already has them."""

    def image(self, index: int, frame: StoredFrame) -> Image:
        """Return a frame without its alpha."""
        images = images_of(frame, len(self.masks))
        if self.recolor is not None:
            images = [self.recolor(self.film(index), one) for one in images]
        if not self.masks:
            return images[0]
        return combine_regions(self.film(index), images, [read(index) for read in self.masks])

    def levels(self, index: int, frame: StoredFrame) -> NDArray[Any]:
        """Return the levels of a frame, rows × columns × channels, in 8 or 16 bits."""
        alpha = None if self.alpha is None else self.alpha(index)
        return quantize(self.image(index, frame), self.bits, alpha=alpha)


def combine_regions(film: Image, images: Sequence[Image], masks: Sequence[Tensor]) -> Image:
    """Return Σ m·image + (1 − Σ m)·film; where the masks sum to more than 1, they are divided by their sum."""
    total = sum(masks[1:], masks[0])
    over = total.clamp_min(1)
    combined = film * (1 - total / over)
    for image, mask in zip(images, masks, strict=True):
        combined = torch.addcmul(combined, image, mask / over)
    return combined
