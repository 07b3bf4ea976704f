"""The content image in the colors of the style images: a start that few iterations turn into a painting."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.controls.guides import feather
from brushwork.controls.inputs import StyleRegion
from brushwork.images.color_transfer import Moments, color_moments, exact, masked_color_moments, match_moments
from brushwork.images.geometry import Size
from brushwork.losses.moments import LayerStatistics
from brushwork.types import Image, Mask


def color_moments_of(pixels: LayerStatistics) -> Moments:
    """Return the mean and covariance of colors, given the statistics of the layer `pixels`."""
    mean, second = exact(pixels.mean[0]), exact(pixels.gram[0])
    return mean, second - mean[:, None] * mean


def recolor(content: Image, colors: Moments) -> Image:
    """Return the content image, in [0, 1], with the given mean and covariance of colors; in a batch, each by itself."""
    return torch.cat([match_moments(one, color_moments(one), colors) for one in torch.split(content, 1)]).clamp(0, 1)


def recolor_regions(content: Image, styles: Sequence[Image], regions: Sequence[StyleRegion], std: float = 0.0) -> Image:
    """Return the content image with each region in the colors of its style image's region.

    Where regions overlap, they are averaged; pixels of no region are unchanged. `std` is that of `feather`.
    """
    masks = feathered_masks(regions, Size.of(content), std)
    parts = [
        _recolor_region(content, mask[None], styles[region.style_index], region.style)
        for mask, region in zip(masks, regions, strict=True)
    ]
    return blend_regions(content, parts, masks)


def feathered_masks(regions: Sequence[StyleRegion], size: Size, std: float) -> Mask:
    """Return one mask for each region of the content image, at a size; `std` is that of `feather`."""
    return torch.cat([feather(region.content, size, std) for region in regions])


def blend_regions(content: Image, parts: Sequence[Image], masks: Mask) -> Image:
    """Return each part inside its mask, their average where masks overlap, and the content image elsewhere."""
    masks = masks.to(content)
    total = masks.sum(0).clamp_min(1)
    found = content * (1 - masks.sum(0).clamp_max(1))
    for mask, part in zip(masks, parts, strict=True):
        found = found + part * (mask / total)
    return found


def _recolor_region(content: Image, mask: Mask, style: Image, region: Mask) -> Image:
    """Return the content image in the colors of a style image's region; unchanged if either region is empty."""
    painted = feather(region, Size.of(style), 0.0)
    if not (mask.is_meta or (mask.any() and painted.any())):
        return content
    target = masked_color_moments(style, painted)
    parts = [match_moments(one, masked_color_moments(one, mask), target) for one in torch.split(content, 1)]
    return torch.cat(parts).clamp(0, 1)
