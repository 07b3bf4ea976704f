"""Giant pictures at a fraction of their size: what is held of them where they are wanted much smaller."""

from __future__ import annotations

import torch.nn.functional as F

from brushwork.picture.limits import LARGE_IMAGE_PIXELS
from brushwork.picture.window import Size
from brushwork.types import Feature


def choose_divisor(size: Size, min_size: Size | None) -> int:
    """By what the sides of a picture are divided when it is read: 1, but for giants that are wanted much smaller.

    Twice what is `min_size` is kept, so that resizing to that is as good as from the whole.
    """
    if min_size is None or size.area <= LARGE_IMAGE_PIXELS:
        return 1
    return max(1, min(size.height // (2 * min_size.height), size.width // (2 * min_size.width)))


def divided_size(size: Size, divisor: int) -> Size:
    """How many blocks a picture has; those at its end may be smaller."""
    return Size(-(-size.height // divisor), -(-size.width // divisor))


def block_means(image: Feature, side: int) -> Feature:
    """The means of blocks of side² pixels, smaller ones at the end."""
    if side == 1:
        return image
    return F.avg_pool2d(image, side, ceil_mode=True, count_include_pad=False)
