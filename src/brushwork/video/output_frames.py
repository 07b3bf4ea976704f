"""Composes the frames that are written: painted regions over the film, with its alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from brushwork.images.encode import quantize
from brushwork.types import Image
from brushwork.video.film_mask import ReadPlane
from brushwork.video.frame_painter import ReadFrame
from brushwork.video.frame_store import StoredFrame
from brushwork.video.region_painter import images_of


@dataclass(frozen=True)
class OutputFrames:
    """Puts the frames together that are written.

    Frames are kept whole, and masked when they are written: what comes out of a mask in the next frame is painted too.
    """

    bits: int
    film: ReadFrame
    masks: tuple[ReadPlane, ...] = ()
    """One for each region; none: all of it is painted."""
    alpha: ReadPlane | None = None

    def image(self, index: int, frame: StoredFrame) -> Image:
        """Return a frame without its alpha."""
        if not self.masks:
            return frame.image
        masks = [read(index) for read in self.masks]
        return combine_regions(self.film(index).cpu(), images_of(frame, len(masks)), masks)

    def levels(self, index: int, frame: StoredFrame) -> NDArray[Any]:
        """Return the levels of a frame, rows × columns × channels, in 8 or 16 bits."""
        alpha = None if self.alpha is None else self.alpha(index)
        return quantize(self.image(index, frame), self.bits, alpha=alpha)


def combine_regions(film: Image, images: Sequence[Image], masks: Sequence[Tensor]) -> Image:
    """Return Σ m·image + (1 − Σ m)·film; where masks overlap to more than 1, they are divided by their sum."""
    total = sum(masks[1:], masks[0])
    over = total.clamp_min(1)
    combined = film * (1 - total / over)
    for image, mask in zip(images, masks, strict=True):
        combined = torch.addcmul(combined, image, mask / over)
    return combined
