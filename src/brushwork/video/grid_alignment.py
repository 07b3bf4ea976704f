"""Let a network's grid follow the motion of the picture.

A network of stride s repeats the same texture only if the picture moved by multiples of s; otherwise its texture swims
against the picture. So each frame is padded by s in all, split between the sides by the motion of the shot.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from brushwork.images.color_transfer import exact
from brushwork.images.crop_pad import pad
from brushwork.types import Image
from brushwork.video.optical_flow import FlowPair

_LEAST = 0.1
"""Share of reliable pixels below which the motion is unknown."""


def dominant_motion(pair: FlowPair) -> Tensor:
    """Return the motion (x, y) of most of the picture since the previous frame: the median of the reliable flow."""
    reliable = pair.reliability[0, 0] > 0.5
    if reliable.float().mean() < _LEAST:
        return torch.zeros(2, dtype=torch.float64)
    return exact(-pair.flow[0][:, reliable].median(1).values)


def on_aligned_grid(stylize: Callable[[Image], Image], frame: Image, motion: Tensor, stride: int) -> Image:
    """Return a frame stylized on a grid that moves with the picture; `motion` is the motion since the shot began."""
    if stride == 1:
        return stylize(frame)
    left, top = (int(-round(float(one)) % stride) for one in motion)
    height, width = frame.shape[-2:]
    padded = pad(frame, left=left, right=stride - left, top=top, bottom=stride - top)
    return stylize(padded)[..., top : top + height, left : left + width]
