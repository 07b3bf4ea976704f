"""Propagation of masks through a network: weights that say how far a layer's positions belong to a region."""

from __future__ import annotations

from math import inf

import torch
from torch import Tensor
from torch.nn import functional

from brushwork.choices import MaskPropagation
from brushwork.encoders.encoder import Encoder
from brushwork.encoders.stages import LayerGeometry
from brushwork.images.blur import gaussian_blur, kernel_radius
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Guides, Mask

EXTENSION = 3
"""Positions by which `inside` regions are extended on each side, at every layer."""


@torch.no_grad()
def propagate_masks(masks: Mask, layer: str, encoder: Encoder, way: MaskPropagation) -> Guides:
    """Return an image's masks as weights of a layer's positions.

    `simple`: the masks resized to the feature map. `all`: the largest weight in a position's receptive field, so that
    all positions whose receptive field overlaps the region count. `inside`: the smallest weight, so that positions
    whose receptive field lies inside the region count; then the largest among the positions up to `EXTENSION` away,
    without which positions next to a border would belong to no region and have no style.

    Source: Gatys et al., 1611.07865, section 4, and the authors' program (guided Gram matrices, one style image).
    Differs: receptive fields are computed from the layers' kernels, while the program finds them with noise; weights
    keep their grays, while the program rounds masks to 0 and 1; pixels beyond the border count neither as inside nor as
    outside. Instead of the extension, the paper adds a region that covers the whole image.
    """
    positions = encoder.positions(layer, Size.of(masks))
    if way == "simple":
        return resize(masks[None], positions, kernel="bilinear", clamp=True)[0]
    geometry = encoder.geometry(layer)
    if way == "all":
        return _largest(masks, geometry, positions)
    inside: Guides = 1 - _largest(1 - masks, geometry, positions)
    extended: Guides = functional.max_pool2d(inside[None], 2 * EXTENSION + 1, 1, EXTENSION)[0]
    return extended


def _largest(masks: Mask, geometry: LayerGeometry, positions: Size) -> Guides:
    """Return the largest weight in the receptive field of each position."""
    stride, before, after = geometry
    own, side = Size.of(masks), before + after + 1
    ends = [(count - 1) * stride + after + 1 - length for count, length in zip(positions, own, strict=True)]
    around = functional.pad(masks[None], (before, ends[1], before, ends[0]), value=-inf)
    rows = functional.max_pool2d(around, (side, 1), (stride, 1))
    found: Tensor = functional.max_pool2d(rows, (1, side), (1, stride))[0]
    return found


def feather(masks: Mask, size: Size, std: float) -> Mask:
    """Return resized masks with their edges blurred by a Gaussian of a standard deviation in pixels; 0: no blur."""
    resized = resize(masks[None], size, kernel="bilinear", clamp=True)
    return (gaussian_blur(resized, std, kernel_radius(std), "replicate") if std else resized)[0]
