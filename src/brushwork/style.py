"""Styles: feature statistics of one or more style images, at each encoder layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders.encoder import Encoder
from brushwork.errors import InputError
from brushwork.images.geometry import Window
from brushwork.images.read import ImageInput, as_image
from brushwork.losses.loss import AdditiveStatistic
from brushwork.losses.moments import (
    LayerStatistics,
    as_float32,
    flatten_positions,
    gram_sums,
    mean,
    mean_std_sums,
    variance,
)
from brushwork.types import Feature, Image, Summaries, Summary

SumOverImage: TypeAlias = Callable[[Encoder, Mapping[str, AdditiveStatistic], Image], Summaries]
"""Function that computes named sums over an image tile by tile, instead of from full feature maps."""


@dataclass(frozen=True)
class Style:
    """Moments of one or more style images at every layer."""

    statistics: Mapping[str, LayerStatistics]

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        style_image: ImageInput,
        encoder: Encoder,
        layers: Iterable[str],
        sum_over_image: SumOverImage | None = None,
    ) -> Style:
        """Compute the style of one style image, given as anything that `as_image` accepts.

        With `sum_over_image`, the full feature maps are never in memory at once.

        Raises: InputError: the input is not an image.
        """
        image = as_image(style_image, "the style image").to(encoder.preprocess.mean)
        if sum_over_image is None:
            features = encoder(image, layers)
            return cls({layer: _moments(feature) for layer, feature in features.items()})
        firsts = sum_over_image(encoder, {layer: _First(layer) for layer in layers}, image)
        means = {layer: sums["first"] / sums["count"].unsqueeze(-1) for layer, sums in firsts.items()}
        seconds = sum_over_image(encoder, {layer: _MeanStd(layer, shift) for layer, shift in means.items()}, image)
        return cls({layer: _from_sums(firsts[layer], seconds[layer], means[layer]) for layer in means})


def blend_styles(styles: Sequence[Style], weights: Sequence[float] | None = None) -> Style:
    """Return the weighted mean of several styles' moments; the weights are divided by their sum.

    Raises: InputError: no styles, styles of different layers, more or fewer weights than styles, negative or infinite
    weights, or all zero.
    """
    parts = normalize_weights(len(styles), weights)
    if any(style.statistics.keys() != styles[0].statistics.keys() for style in styles):
        layers = "; ".join(", ".join(style.statistics) for style in styles)
        raise InputError(f"styles of different layers cannot be blended: {layers}.")
    return Style({layer: _mix([style.statistics[layer] for style in styles], parts) for layer in styles[0].statistics})


def normalize_weights(count: int, weights: Sequence[float] | None = None) -> list[float]:
    """Return the weights of `count` styles, divided by their sum; None: equal weights.

    Raises: InputError: no styles, more or fewer weights than styles, negative or infinite weights, or all zero.
    """
    if count == 0:
        raise InputError("no style was given: give at least one style image.")
    given = [1.0] * count if weights is None else list(weights)
    if len(given) != count:
        raise InputError(f"{len(given)} weights were given to blend {count} styles: give one for each.")
    if not all(0 <= weight < inf for weight in given) or not 0 < sum(given) < inf:
        raise InputError("the weights of a blend must be 0 or more, finite, and not all 0.")
    return [weight / sum(given) for weight in given]


@dataclass(frozen=True)
class _First:
    """The sums Σ 1, Σ f fᵀ and Σ f."""

    layer: str
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return {**gram_sums(feature), "first": flatten_positions(feature).sum(-1)}


@dataclass(frozen=True)
class _MeanStd:
    """The sums Σ 1, Σ (f − μ) and Σ (f − μ)²."""

    layer: str
    shift: Float[Tensor, "_ c"]
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return mean_std_sums(feature, self.shift)


def _moments(feature: Feature) -> LayerStatistics:
    shift = as_float32(feature).mean(dim=(2, 3))
    return _from_sums(gram_sums(feature), mean_std_sums(feature, shift), shift)


def _from_sums(second: Summary, spread: Summary, shift: Float[Tensor, "_ c"]) -> LayerStatistics:
    gram = second["second"] / second["count"].view(-1, 1, 1)
    return LayerStatistics(gram, mean(spread, shift), variance(spread).sqrt())


def _mix(moments: Sequence[LayerStatistics], shares: Sequence[float]) -> LayerStatistics:
    return LayerStatistics(
        _sum([one.gram for one in moments], shares),
        _sum([one.mean for one in moments], shares),
        _sum([one.std for one in moments], shares),
    )


def _sum(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    return torch.stack([fraction * tensor for fraction, tensor in zip(shares, tensors, strict=True)]).sum(0)
