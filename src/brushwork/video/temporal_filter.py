"""The temporal filter: a painted frame takes its colors from the previous one and keeps its own lines."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.images.blur import gaussian_blur
from brushwork.images.poisson import solve_screened_poisson
from brushwork.images.warp import warp
from brushwork.types import Image
from brushwork.video.optical_flow import FlowPair

_STRONGEST, _EXPONENT = 6.0, 3.4
"""Weight of the previous frame, relative to the painted frame's gradients, at consistency 1, and the exponent of the
consistency that scales it: the weight is 0.57 at consistency 0.5. Beyond 6, a film loses sharpness and gains little
steadiness."""
_LEAK = 0.02
"""Weight, relative to the maximum of w, that draws each pixel to the painted frame: past errors are forgotten."""
_CHANGE = 0.05
"""Standard deviation of a pixel's change in the clip, with white at 1, beyond which the past does not count."""

_STILL, _STILL_GAIN = 0.1, 6.0
"""Standard deviation in pixels of the motion that counts as none, and how much more the past counts there: without
resampling, it is as sharp as the present.
"""
_FADE = 0.01
"""Standard deviation of the change of colors, with white at 1, beyond which a clip is not still."""


def filter_frame(
    painted: Image, previous: Image, own: Image, other: Image, pair: FlowPair, consistency: float
) -> Image:
    """Return the image O that minimizes ‖∇O − ∇P‖² + Σ w·(O − A)² + Σ v·(O − P)².

    P is the painted frame, and A the previous result moved along the flow.

    w = 6·consistency^3.4·(1 + 6s)·c·exp(−‖I_t − warp(I_{t−1})‖²/(2·0.05²)), with c the reliability of the flow and s
    the `still_weight`: where the clip itself changes, as in shadows and fades, the painted frame counts. A is warped
    bicubically, since bilinear warping blurs a little in every frame.

    v is a little more than the difference between w and its maximum there. Without it, past colors flow into newly
    visible parts, as a haze behind moving objects, and stay there.

    Source: Bonneel et al. 2015, Blind video temporal consistency.
    """
    if consistency == 0:
        return painted
    change = change_along_flow(own, other, pair)
    most = _STRONGEST * consistency**_EXPONENT * (1 + _STILL_GAIN * still_weight(change, pair))
    weight = most * pair_weight(change, pair, _CHANGE)
    near = warp(previous, pair.flow, "bicubic").clamp_(0, 1)
    return solve_screened_poisson(painted, near, weight, (1 + _LEAK) * most - weight).clamp_(0, 1)


def change_along_flow(own: Image, other: Image, pair: FlowPair) -> Image:
    """Return ΔI = I_t − warp(I_other): the change of a clip apart from its motion."""
    return own - warp(other, pair.flow)


def pair_weight(change: Image, pair: FlowPair, deviation: float) -> Float[Tensor, "1 1 _ _"]:
    """Return c·exp(−‖ΔI‖²/(2·deviation²)), with the change ΔI along the flow and the reliability c of the flow."""
    return pair.reliability * torch.exp(change.square().sum(1, keepdim=True) / (-2 * deviation**2))


def still_weight(change: Image, pair: FlowPair) -> Float[Tensor, "1 1 _ _"]:
    """Return s = exp(−|flow|²/(2·0.1²) − ‖G(ΔI)‖²/(2·0.01²)): 1 where only noise changes.

    G is a Gaussian with σ = 1, which removes noise but not fades.
    """
    blurred = gaussian_blur(change.transpose(0, 1), 1.0, 2, "symmetric").square().sum(0, keepdim=True)
    motion = pair.flow.square().sum(1, keepdim=True)
    return torch.exp(motion / (-2 * _STILL**2) + blurred / (-2 * _FADE**2))
