"""Which pixels of a flow can be trusted: forward-backward checks, motion boundaries, and photometric differences."""

from __future__ import annotations

from typing import TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from brushwork.images.blur import gaussian_blur
from brushwork.images.geometry import Size
from brushwork.images.warp import Flow, lies_inside, sample, to_coordinates, warp
from brushwork.types import Image

Reliability: TypeAlias = Float[Tensor, "_ 1 _ _"]
"""Weights in [0, 1]: 1 where the flow is trusted, 0 where its target is hidden or outside the picture."""

_STD, _RADIUS = 0.8, 2
"""Standard deviation and radius of the blur, in pixels."""
_MINIMUM_SIDE = 7
"""Side of the square whose minimum is taken: the smooth flow of DIS hides occlusions of one to three pixels."""
_PHOTOMETRIC_LIMIT = 0.05
"""Largest difference of a channel, white being 1, between a frame and the other one warped to it."""
_WHITE = 255.0
_ROUNDING = 1e-3
"""Added before values are truncated to whole numbers, so that 255 with a rounding error stays 255."""


def is_inconsistent(flow: Flow, backward: Flow) -> Tensor:
    """Return |f + g|² ≥ 0.01·(|f|² + |g|²) + 0.5, with g the backward flow where f points; bool.

    Source: Ruder et al., 1604.08610, equation 6; their consistencyChecker.cpp.
    """
    there = sample(backward, to_coordinates(flow))
    return _square(flow + there) >= 0.01 * (_square(flow) + _square(there)) + 0.5


def is_motion_boundary(flow: Flow) -> Tensor:
    """Return |∇u|² + |∇v|² > 0.01·|f|² + 0.002, by central differences, the border repeated; bool.

    Source: Ruder et al., 1604.08610, equation 7; their consistencyChecker.cpp.
    """
    padded = F.pad(flow, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return _square(across) + _square(down) > 0.01 * _square(flow) + 0.002


def ruder_reliability(flow: Flow, backward: Flow) -> Reliability:
    """Return the weights of the authors' program, in steps of 1/255.

    Before the blur they are 255 where the flow is consistent, 0 at motion boundaries and where it leaves the picture,
    and -255 where it is inconsistent, so that the blur reaches into the reliable pixels beside it.

    Source: Ruder et al., 1604.08610; their consistencyChecker.cpp: Gaussian of σ 0.8 and radius 2, clipped, cut to 8
    bits.
    """
    values = torch.full_like(flow[:, :1], _WHITE)
    values[is_motion_boundary(flow)] = 0
    values[is_inconsistent(flow, backward)] = -_WHITE
    values[~lies_inside(to_coordinates(flow), Size.of(flow))] = 0
    return (gaussian_blur(values, _STD, _RADIUS, "symmetric") + _ROUNDING).clamp(0, _WHITE).floor() / _WHITE


def dis_reliability(flow: Flow, backward: Flow, own: Image, other: Image) -> Reliability:
    """Return 1 where the flow is consistent, leads into the picture and to the same colors, and 0 elsewhere.

    Motion boundaries count as reliable. The minimum over 7×7 pixels and the photometric test find the occlusions that
    the smooth flow of DIS passes over: on Sintel's alley_1 the check alone finds a tenth to a third of them.

    Source: the check and the minimum: the program of Ruder et al., 1708.04538 (fast-artistic-videos). The photometric
    test is ours.
    """
    consistent = lies_inside(to_coordinates(flow), Size.of(flow)) & ~is_inconsistent(flow, backward)
    reliable = _minimum(consistent.to(own), _MINIMUM_SIDE)
    difference = (own - warp(other, flow)).abs().amax(1, keepdim=True)
    return reliable * (gaussian_blur(difference, 1.0, _RADIUS, "symmetric") <= _PHOTOMETRIC_LIMIT)


def _minimum(values: Tensor, side: int) -> Tensor:
    """Return the minimum over the square around each pixel: over its columns, then over its rows, which is faster."""
    columns = F.max_pool2d(-values, (side, 1), 1, (side // 2, 0))
    return -F.max_pool2d(columns, (1, side), 1, (0, side // 2))


def _square(flow: Tensor) -> Tensor:
    return flow.square().sum(1, keepdim=True)
