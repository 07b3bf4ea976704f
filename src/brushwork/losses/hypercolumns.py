"""Hypercolumn loss: matches each position to its nearest style hypercolumn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from brushwork.images.geometry import Size
from brushwork.losses.moments import as_float32
from brushwork.losses.style_loss import Norms, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, PerImage

SPACING = 4
"""Pixels from one hypercolumn to the next."""


SMALLEST_LENGTH = 1e-4
"""Length given to features shorter than this, as in the authors' program: black ones have no direction."""


@dataclass(frozen=True)
class HypercolumnLoss:
    """Hypercolumn loss of a layer, scale · mean over x of (1 − cos(f(x), s(x))).

    f(x) is the feature at position x of a grid with a hypercolumn every `SPACING` pixels. s(x) is the layer's part of
    the style's hypercolumn nearest to the content image's at x.

    Source: Kolkin et al., 2203.13215 (NNST), hypercolumn matching.
    Differs: the cosine is that of each layer alone, so that a layer's weight does not depend on its activations; the
    authors take that of the whole hypercolumn.
    """

    layer: str
    target: Feature = field(repr=False)
    """s, at the positions of the grid."""
    scale: float

    def score_whole(self, feature: Feature) -> PerImage:
        own = resize_features(as_float32(feature), Size.of(self.target))
        cosines = functional.cosine_similarity(own, as_float32(self.target).to(own), dim=1, eps=SMALLEST_LENGTH)
        return self.scale * (1 - cosines.mean((1, 2)))


def grid_size(image: Size) -> Size:
    """Return the number of hypercolumns of an image."""
    return Size(*(max(1, side // SPACING) for side in image))


def stack_hypercolumns(features: Sequence[Feature], grid: Size) -> Float[Tensor, "1 c _ _"]:
    """Return hypercolumns: the features of several layers, each divided by the layer's number of channels.

    Source: Kolkin et al., 2203.13215, and its authors' program.
    """
    return torch.cat([resize_features(as_float32(one), grid) / one.shape[1] for one in features], dim=1)


def resize_features(feature: Feature, grid: Size) -> Feature:
    """Return the features at the positions of a grid, interpolated linearly; its corners are the map's."""
    return functional.interpolate(feature, grid, mode="bilinear", align_corners=True)


def _make(target: StyleTarget, norms: Norms) -> HypercolumnLoss:
    return HypercolumnLoss(target.layer, target.matched, 1.0)


register_loss(
    StyleLossSpec(
        name="hypercolumns",
        help="features of all style layers where the style image is most like the content image; needs the full image",
        make=_make,
        needs_content=True,
        balance=6.0,  # its target follows the content, so more of the content remains at any factor
    )
)
