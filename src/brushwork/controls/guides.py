"""Masks on their way through a network: which cells of a layer belong to a region, and how much."""

from __future__ import annotations

from math import ceil, inf
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from brushwork.encoders.encoder import Encoder, LayerGeometry
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.types import Guides, Mask

MaskPropagation: TypeAlias = Literal["simple", "all", "inside"]

_TAIL = 3
"""Standard deviations after which a bell counts as 0."""


@torch.no_grad()
def propagate_masks(masks: Mask, layer: str, encoder: Encoder, way: MaskPropagation) -> Guides:
    """Masks of a picture as weights of a layer's cells.

    `simple`: the masks at the size of the map. `all`: the largest weight among the pixels that a cell looks at, so
    that all cells count which see the region. `inside`: the smallest, so that those count which see nothing else.

    Source: Gatys et al., 1611.07865, section 4.
    Differs: which pixels a cell looks at is computed from the layers' kernels, where the authors' program finds it
    with noise; beyond the border there is neither inside nor outside.
    """
    positions = encoder.positions(layer, Size.of(masks))
    if way == "simple":
        return resize(masks[None], positions, kernel="bilinear", clamp=True)[0]
    geometry = encoder.geometry(layer)
    if way == "all":
        return _largest(masks, geometry, positions)
    return 1 - _largest(1 - masks, geometry, positions)


def _largest(masks: Mask, geometry: LayerGeometry, positions: Size) -> Guides:
    """The largest weight that each cell looks at."""
    stride, before, after = geometry
    own, side = Size.of(masks), before + after + 1
    ends = [(count - 1) * stride + after + 1 - length for count, length in zip(positions, own, strict=True)]
    around = functional.pad(masks[None], (before, ends[1], before, ends[0]), value=-inf)
    rows = functional.max_pool2d(around, (side, 1), (stride, 1))
    found: Tensor = functional.max_pool2d(rows, (1, side), (1, stride))[0]
    return found


def feather(masks: Mask, size: Size, width: float) -> Mask:
    """Masks at a size, their edges blurred by a bell of a standard deviation of `width` pixels; 0: as they are."""
    resized = resize(masks[None], size, kernel="bilinear", clamp=True)
    if width == 0:
        return resized[0]
    halo = ceil(_TAIL * width)
    bell = torch.arange(-halo, halo + 1, dtype=resized.dtype, device=resized.device).div(width).square().mul(-0.5)
    bell = bell.exp() / bell.exp().sum()
    planes = functional.pad(resized.transpose(0, 1), (halo, halo, halo, halo), mode="replicate")
    across = functional.conv2d(planes, bell.view(1, 1, 1, -1))
    found: Tensor = functional.conv2d(across, bell.view(1, 1, -1, 1)).transpose(0, 1)[0]
    return found
