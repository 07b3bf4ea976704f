"""Giant pictures at a fraction of their size: what is held of them where they are wanted much smaller."""

from __future__ import annotations

import torch.nn.functional as F

from brushwork.picture.limits import GIANT
from brushwork.picture.window import Size
from brushwork.types import Feature


def divisor_for(size: Size, enough: Size | None) -> int:
    """By what the sides of a picture are divided when it is read: 1, but for giants that are wanted much smaller.

    Twice what is `enough` is kept, so that resizing to that is as good as from the whole.
    """
    if enough is None or size.area <= GIANT:
        return 1
    return max(1, min(size.height // (2 * enough.height), size.width // (2 * enough.width)))


def divided(size: Size, divisor: int) -> Size:
    """How many blocks a picture has; those at its end may be smaller."""
    return Size(-(-size.height // divisor), -(-size.width // divisor))


def block_means(image: Feature, side: int) -> Feature:
    """The means of blocks of side² pixels, smaller ones at the end."""
    if side == 1:
        return image
    return F.avg_pool2d(image, side, ceil_mode=True, count_include_pad=False)
