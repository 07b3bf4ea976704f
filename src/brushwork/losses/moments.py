"""First and second moments of features, the sums behind most style losses.

bfloat16 features are summed in float32 block by block, without a full float32 copy: with plain autograd, `as_float32`
and a matrix product would keep the converted features for the backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from brushwork.encoders.native import statistics as native
from brushwork.encoders.torch_flags import exact_precision, set_matmul_tf32
from brushwork.types import Feature, PerImage, Summary

Positions: TypeAlias = Bool[Tensor, "_ _"]
"""Mask of the positions of a map that count."""

BLOCK = 1 << 16
"""Number of positions to convert to float32 at a time on accelerators."""

CACHED_BLOCK = 1 << 11
"""The same on CPUs: a block of 64 channels, the number in VGG's largest maps, stays in the cache until it is summed."""

Gram = Float[Tensor, "b c c"]
PerChannel = Float[Tensor, "b c"]


@dataclass(frozen=True)
class LayerStatistics:
    """Moments of a style image's features at one layer, averaged over positions."""

    gram: Float[Tensor, "1 g g"] = field(repr=False)
    """E[f fᵀ] = A/M; empty if only the mean and standard deviation are needed."""
    mean: Float[Tensor, "1 c"] = field(repr=False)
    std: Float[Tensor, "1 c"] = field(repr=False)


@dataclass(frozen=True)
class GaussianTarget:
    """Mean and covariance of a style image's features."""

    mean: Float[Tensor, "_ c"] = field(repr=False)
    covariance: Float[Tensor, "_ c c"] = field(repr=False)

    @property
    def statistics(self) -> LayerStatistics:
        """The moments, with the covariance in place of the Gram matrix."""
        deviations = self.covariance.diagonal(dim1=-2, dim2=-1).clamp_min(0).sqrt()
        return LayerStatistics(self.covariance, self.mean, deviations)


def as_float32(feature: Tensor) -> Tensor:
    """Convert to float32 or wider, since sums in half precision overflow."""
    return feature.to(torch.promote_types(feature.dtype, torch.float32))


def flatten_positions(feature: Feature) -> Float[Tensor, "b c n"]:
    """Return the features as columns f(p), in float32 or wider."""
    return as_float32(feature).flatten(2)


def select_positions(feature: Feature, positions: Positions | None) -> Feature:
    """Return the selected positions in one row; if None, the map unchanged.

    On `meta`, where a mask has no values, all are selected.
    """
    if positions is None:
        return feature
    return (feature.flatten(2).clone() if positions.is_meta else feature[..., positions]).unsqueeze(2)


def gram(feature: Feature) -> Float[Tensor, "b c c"]:
    """Compute the Gram matrix G = Σ_p f(p) f(p)ᵀ, neither centered nor divided by the number of positions.

    Source: 1508.06576, eq. 3.
    """
    if native.is_supported(feature):
        return native.gram_sum(feature)
    if is_narrow(feature):
        return narrow_gram(feature)
    columns = flatten_positions(feature)
    with exact_precision(feature.device):
        return columns @ columns.transpose(1, 2)


def count_positions(feature: Feature) -> PerImage:
    """Return the number of positions, once for each image of the batch."""
    batch, _, rows, columns = feature.shape
    return feature.new_full((batch,), rows * columns, dtype=torch.promote_types(feature.dtype, torch.float32))


def gram_sums(feature: Feature) -> Summary:
    """Compute Σ 1 and Σ f fᵀ."""
    return {"count": count_positions(feature), "second": gram(feature)}


def distance_sums(feature: Feature, other: Feature) -> Summary:
    """Compute Σ ‖f − f*‖², where f* are other features of the same size."""
    if native.is_supported(feature) and native.is_supported(other):
        return {"square": native.distance_sum(feature, other)}
    return {"square": (as_float32(feature) - other).square().flatten(1).sum(-1)}


def mean_std_sums(feature: Feature, shift: Float[Tensor, "_ c"]) -> Summary:
    """Compute Σ 1, Σ (f − s) and Σ (f − s)², about a fixed shift s.

    Raw second moments cancel in float32; about a shift near the mean they do not. Any shift gives the same mean and
    variance. The sums of two windows can be added if they use the same shift.
    """
    summed = (
        native.mean_std_sums if native.is_supported(feature) else narrow_mean_std_sums if is_narrow(feature) else None
    )
    if summed is not None:
        first, square = summed(feature, shift)
        return {"count": count_positions(feature), "first": first, "square": square}
    columns = flatten_positions(feature) - shift.unsqueeze(-1)
    return {"count": count_positions(feature), "first": columns.sum(-1), "square": columns.square().sum(-1)}


def mean(sums: Summary, shift: Float[Tensor, "_ c"]) -> Float[Tensor, "b c"]:
    """Return the mean μ = s + Σ(f − s)/n."""
    return sums["first"] / sums["count"].unsqueeze(-1) + shift


def variance(sums: Summary) -> Float[Tensor, "b c"]:
    """Return the biased variance σ² = Σ(f − s)²/n − (Σ(f − s)/n)², never below 0."""
    n = sums["count"].unsqueeze(-1)
    return (sums["square"] / n - (sums["first"] / n).square()).clamp_min(0)


def covariance_sums(feature: Feature, shift: Float[Tensor, "_ c"]) -> Summary:
    """Compute Σ 1, Σ (f − s) and Σ (f − s)(f − s)ᵀ, about a fixed shift s."""
    away = as_float32(feature) - shift[:, :, None, None]
    return {"count": count_positions(away), "first": away.sum((2, 3)), "second": gram(away)}


def covariance(sums: Summary) -> Float[Tensor, "b c c"]:
    """Return the biased covariance, which does not depend on the shift.

    It is Σ(f − s)(f − s)ᵀ/n − m mᵀ with m = Σ(f − s)/n.
    """
    away = (sums["first"] / sums["count"].unsqueeze(-1)).unsqueeze(-1)
    return sums["second"] / sums["count"].view(-1, 1, 1) - away @ away.mT


def trace(matrices: Float[Tensor, "b c c"]) -> PerImage:
    """Return the trace of each matrix."""
    traces: Tensor = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)
    return traces


def is_narrow(feature: Feature) -> bool:
    """Return whether the features are bfloat16."""
    return feature.dtype == torch.bfloat16


def narrow_gram(feature: Feature) -> Gram:
    """Compute Σ f fᵀ of bfloat16 features in float32; the gradient is rounded to bfloat16."""
    found: Gram = _Gram.apply(feature)  # type: ignore[no-untyped-call]
    return found


def narrow_mean_std_sums(feature: Feature, shift: Float[Tensor, "_ c"]) -> tuple[PerChannel, PerChannel]:
    """Compute Σ (f − s) and Σ (f − s)² of bfloat16 features; the shift is a constant."""
    found: tuple[PerChannel, PerChannel] = _MeanStd.apply(feature, shift.detach().float())  # type: ignore[no-untyped-call]
    return found


def split_blocks(feature: Float[Tensor, "*_ h w"]) -> Sequence[Tensor]:
    """Return the features as columns, in blocks to convert one at a time."""
    return torch.split(feature.flatten(-2), CACHED_BLOCK if feature.device.type == "cpu" else BLOCK, dim=-1)


def empty_positions(feature: Feature) -> Feature:
    """Return an empty map like the features, in shape and type; its columns are views, to fill block by block."""
    order = torch.channels_last if feature.stride(1) == 1 else torch.contiguous_format
    return torch.empty_like(feature, memory_format=order)


class _Gram(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature) -> Gram:
        ctx.save_for_backward(feature)
        batch, channels = feature.shape[:2]
        result = feature.new_zeros(batch, channels, channels, dtype=torch.float32)
        with exact_precision(feature.device), set_matmul_tf32(tf32=True):  # TF32 holds every bit of a bfloat16
            for block in split_blocks(feature):
                columns = block.float()
                result += columns @ columns.mT
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Gram) -> Tensor:
        (feature,) = ctx.saved_tensors
        both = (gradient + gradient.mT).to(feature.dtype)
        rows = feature.flatten(2).mT @ both  # channels are contiguous
        found: Tensor = rows.mT.unflatten(2, feature.shape[2:])
        return found


class _MeanStd(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, feature: Feature, shift: Float[Tensor, "_ c"]) -> tuple[PerChannel, PerChannel]:
        ctx.save_for_backward(feature, shift)
        first, square = shift.new_zeros(2, *feature.shape[:2])
        for block in split_blocks(feature):
            columns = block.float() - shift.unsqueeze(-1)
            first += columns.sum(-1)
            square += columns.square().sum(-1)
        return first, square

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, first: PerChannel, square: PerChannel) -> tuple[Tensor, None]:
        """Return g₁ + 2 g₂ (f − s)."""
        feature, shift = ctx.saved_tensors
        found = empty_positions(feature)
        blocks, places = map(split_blocks, (feature, found))
        for given, here in zip(blocks, places, strict=True):
            here.copy_((given.float() - shift.unsqueeze(-1)).mul_(2 * square.unsqueeze(-1)).add_(first.unsqueeze(-1)))
        return found, None
