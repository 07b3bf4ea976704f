"""Style-content covariance: guides made of what the content layers say, for a `GuidedGramLoss`."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.errors import InputError
from brushwork.picture.window import Size
from brushwork.terms.moments import as_float32
from brushwork.types import Feature, Guides


@torch.no_grad()
def content_guides(responses: Feature, size: Size, weights: Float[Tensor, "k k"]) -> Guides:
    """u_k(q) = Σ_d w(d) 𝓕_k(q − d), one guide for each content channel, over a map of `size` cells.

    Σ_p 𝓕_k(p) 𝒢(p), 𝒢(p) = Σ_d w(d) f(p + d) f(p + d)ᵀ, is then F diag(u_k) Fᵀ: the covariance of content with
    windowed styles is a `GuidedGramLoss`, and costs K Gram matrices instead of one for each cell.

    `responses` are content features of one picture: the photograph's for the picture, the painting's for its target;
    give the channels that matter, since each is a guide. They are resampled to `size`, antialiased.
    `weights` is w over a square window of an odd side; `window_weights` makes the uniform one.

    Source: Nikulin & Novak, 1602.07188 (no weights or layers are given there).
    Differs: the responses are those of the photograph, not of the picture while it is painted.

    Raises: InputError: more than one picture, or a window without a middle.
    """
    if len(responses) != 1:
        raise InputError(f"content guides are made of one picture; given: a batch of {len(responses)}.")
    if len(weights) % 2 == 0:
        raise InputError(f"a window has an odd side, 2s + 1; given: {len(weights)}.")
    resampled = functional.interpolate(as_float32(responses), tuple(size), mode="bilinear", antialias=True)
    kernel = weights.flip(0, 1).to(resampled)[None, None]
    return functional.conv2d(resampled.transpose(0, 1), kernel, padding=len(weights) // 2)[:, 0]


def window_weights(half: int) -> Float[Tensor, "k k"]:
    """The uniform window of half-size s: (2s + 1)² weights that sum to 1.

    Raises: InputError: a negative half-size.
    """
    if half < 0:
        raise InputError(f"the half-size of a window is 0 or more; given: {half}.")
    side = 2 * half + 1
    return torch.full((side, side), 1 / side**2, dtype=torch.float64)
