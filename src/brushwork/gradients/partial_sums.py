"""Sums over an image, computed part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from brushwork.encoders.encoder import Encoder
from brushwork.encoders.native.crop import crop_feature
from brushwork.encoders.native.statistics import is_supported
from brushwork.encoders.torch_flags import exact_precision
from brushwork.gradients.tile_layout import LayerGrid, TileLayout
from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.types import Feature, Features, Summaries


def make_layout(encoder: Encoder, losses: Mapping[str, AdditiveStatistic], image: Size) -> TileLayout:
    """Return the layout of an image at the layers of the given losses."""
    return TileLayout.of(encoder, halos(losses), image)


def halos(losses: Mapping[str, AdditiveStatistic]) -> dict[str, int]:
    """Return, for each layer, the largest number of neighboring positions that its losses need."""
    found: dict[str, int] = {}
    for term in losses.values():
        found[term.layer] = max(found.get(term.layer, 0), term.halo)
    return found


def summarize(terms: Mapping[str, AdditiveStatistic], features: Features, layout: TileLayout, own: Window) -> Summaries:
    """Compute the sums over the positions of the pixels `own`, from features of `layout.receptive_window(own)`."""
    outer = layout.receptive_window(own)
    found, seen = {}, dict[tuple[str, int], Feature]()
    for name, term in terms.items():
        grid, view = layout.grids[term.layer], (term.layer, term.halo)
        window = grid.owned_positions(own)
        if view not in seen:  # losses on the same view share it, so their statistics are computed together
            seen[view] = crop_positions(features[term.layer], grid, outer, window.expand(term.halo))
        with exact_precision(seen[view].device):
            found[name] = term.summarize(seen[view], window)
    return found


def crop_positions(feature: Feature, grid: LayerGrid, outer: Window, positions: Window) -> Feature:
    """Crop positions out of the features of `outer`, a part of the image."""
    stride = grid.geometry.stride
    top, left = positions.top - outer.top // stride, positions.left - outer.left // stride
    rows, columns = slice(top, top + positions.height), slice(left, left + positions.width)
    if feature.requires_grad and is_supported(feature):
        return crop_feature(feature, rows, columns)
    return feature[..., rows, columns]


def add_summaries(summaries: Iterable[Summaries]) -> Summaries:
    """Add the sums of disjoint parts, in float64 if the device has it."""
    totals: dict[str, dict[str, Tensor]] = {}
    for summary in summaries:
        for name, sums in summary.items():
            known = totals.setdefault(name, {})
            for key, value in sums.items():
                more = to_float64(value.detach())
                known[key] = known[key] + more if key in known else more
    return totals


def cast_wide(sums: Summaries, dtype: torch.dtype) -> Summaries:
    """Cast sums to the features' dtype, or to float32 if that is wider."""
    wide = torch.promote_types(dtype, torch.float32)
    return {name: {key: value.to(wide) for key, value in one.items()} for name, one in sums.items()}


def to_float64(sums: Tensor) -> Tensor:
    """Cast sums to float64 if the device has it."""
    return sums if sums.device.type == "mps" else sums.double()


def sums_with_gradients(sums: Summaries, gradients: Summaries) -> list[tuple[Tensor, Tensor]]:
    """Return each sum that has a graph, with its ∂score/∂S."""
    return [
        (value, gradients[name][key].to(value.dtype))
        for name, summary in sums.items()
        for key, value in summary.items()
        if value.requires_grad and key in gradients[name]
    ]


def sum_gradient(sums: Summaries, gradients: Summaries, leaf: Tensor) -> Tensor:
    """Return the gradient at the tensor that the sums were computed from, by backpropagating ∂score/∂S."""
    pairs = sums_with_gradients(sums, gradients)
    if not pairs:
        return torch.zeros_like(leaf)
    values, given = zip(*pairs, strict=True)
    return torch.autograd.grad(values, leaf, given)[0]
