"""Targets of style losses from whole style images, normalized so that the same weights mean the same.

With F the style image's features at a layer of N channels, and E‖F‖² = ‖μ*‖² + ‖σ*‖²:

| loss          | formula, times its norm                                   | norm in `relative` | elsewhere |
|---------------|-----------------------------------------------------------|--------------------|-----------|
| `moments`     | ‖μ−μ*‖² + ‖σ−σ*‖²                                         | 1/E‖F‖²            | 1/N       |
| `covariance`  | ‖Σ−Σ*‖² + ‖μ−μ*‖² · ‖Σ*‖²/‖μ*‖²                           | 1/‖Σ*‖²            | as Gram   |
| `wasserstein` | ‖μ−μ*‖² + tr(Σ + Σ* − 2(Σ*^½ Σ Σ*^½)^½)                   | 1/E‖F‖²            | 1/N       |
| `wasserstein-steps` | the same, approximately                             | 1/E‖F‖²            | 1/N       |
| `sliced`      | N · mean over N directions of W₂²                         | 1/E‖F‖²            | 1/N       |
| `histogram`   | Σ over channels of W₂²                                    | 1/E‖F‖²            | 1/N       |
| `gram-sums`   | ‖G−A‖²/M², sums over the positions, M of the image        | as Gram            | as Gram   |
| `gram-pixels` | ‖G−A‖²/(6·pixels)², sums over the positions               | as Gram            | as Gram   |
| `patches`     | mean over patches of ‖Ψ−Ψ*_NN‖², per position (9 each)   | 1/E‖F‖²            | 1/N       |
| `neighbors`   | mean over positions of 1 − cos(f−μ, f*_NN−μ*)            | 1                  | 1         |
| `hypercolumns` | mean over a grid of 1 − cos(f, f*), f* the content's match | 1               | 1         |

In `relative` each loss is multiplied by its `balance`, so that its effect is as strong as that of Gram matrices. With
several style images, means and covariances are blended. Sliced Wasserstein and histogram are weighted sums of one loss
per style image, whose minimum lies between them. Each patch is matched to the nearest patch of all style images, and
so are features and hypercolumns, of which each image contributes in proportion to its weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders.encoder import Encoder
from brushwork.errors import InputError
from brushwork.gradients.partition import FULL_IMAGE, Partition, full_features, sum_over_style
from brushwork.images.geometry import Size
from brushwork.losses.moment_matching import CovarianceLoss
from brushwork.losses.moments import GaussianTarget, LayerStatistics, covariance, mean
from brushwork.losses.style_loss import StyleTarget
from brushwork.recipes.style_samples import ContentMatch, SampledStyles
from brushwork.style import Style
from brushwork.types import Feature, Image


@dataclass(frozen=True)
class StyleTargets:
    """The style images at their encoded size, and the features and statistics that losses need as targets."""

    styles: Sequence[Image]
    weights: Sequence[float]
    """Weight of each style image in the blend; they sum to 1."""
    style: Style
    """The images' blended moments at every style layer."""
    encoder: Encoder
    size: Size
    """Size of the optimized image."""
    seed: int = 0
    partition: Partition = FULL_IMAGE
    layers: Sequence[str] = ()
    """The style layers, which make up a hypercolumn; none: all layers of `style`."""

    @cached_property
    def sampled(self) -> SampledStyles:
        """The style images' features at random positions."""
        layers = self.layers or tuple(self.style.statistics)
        return SampledStyles(self.styles, self.weights, layers, self.encoder, self.partition, self.seed)

    @cached_property
    def features(self) -> Sequence[Mapping[str, Feature]]:
        """All features of each style image, in full on every process."""
        layers = tuple(self.style.statistics)
        return [full_features(self.encoder, style, layers, self.partition) for style in self.styles]

    @cached_property
    def gaussians(self) -> Mapping[str, GaussianTarget]:
        """Mean and covariance at every layer, blended."""
        each = [_gaussians(style, self) for style in self.styles]
        return {layer: _blend([one[layer] for one in each], self.weights) for layer in self.style.statistics}


@dataclass(frozen=True, kw_only=True)
class WholeTarget(StyleTarget):
    """Target of a style loss at a layer: the style images as a whole."""

    style: Style
    """The style images' blended moments."""
    images: StyleTargets | None
    """The style images; None if only the moments are available."""
    image: int | None = None
    """Index of the only style image that counts for `features`; None: all of them."""
    match: ContentMatch | None = None
    """The style's hypercolumns for the content image; None: there is no content image."""

    @property
    def statistics(self) -> LayerStatistics:
        return self.style.statistics[self.layer]

    @property
    def gaussian(self) -> GaussianTarget:
        return self._images.gaussians[self.layer]

    @property
    def features(self) -> Sequence[Feature]:
        every = [features[self.layer] for features in self._images.features]
        return every if self.image is None else [every[self.image]]

    @property
    def samples(self) -> Float[Tensor, "c n"]:
        return self._images.sampled.samples.layers[self.layer]

    @property
    def matched(self) -> Feature:
        if self.match is None:
            raise InputError("the loss hypercolumns needs a content image, which textures do not have: use neighbors.")
        return self.match.features[self.layer]

    @property
    def map_size(self) -> Size:
        return self._images.encoder.positions(self.layer, self._images.size)

    def split_images(self) -> list[tuple[float, WholeTarget]]:
        """Return one target for each style image, with its weight in the blend."""
        return [(weight, replace(self, image=index)) for index, weight in enumerate(self._images.weights)]

    @property
    def _images(self) -> StyleTargets:
        assert self.images is not None  # without images, a loss that needs them is refused earlier
        return self.images


def _gaussians(style: Image, targets: StyleTargets) -> Mapping[str, GaussianTarget]:
    """Compute the mean and covariance at each layer.

    The sums are shifted by the blend's means, which are near, since raw second moments cancel in float32.
    """
    about = {
        layer: GaussianTarget(one.mean, torch.zeros_like(one.gram)) for layer, one in targets.style.statistics.items()
    }
    terms = {layer: CovarianceLoss(layer, shift, 1.0) for layer, shift in about.items()}
    sums = sum_over_style(style, targets.encoder, terms, targets.partition)
    return {layer: GaussianTarget(mean(one, about[layer].mean), covariance(one)) for layer, one in sums.items()}


def _blend(each: Sequence[GaussianTarget], weights: Sequence[float]) -> GaussianTarget:
    means = sum(weight * one.mean for one, weight in zip(each, weights, strict=True))
    covariances = sum(weight * one.covariance for one, weight in zip(each, weights, strict=True))
    return GaussianTarget(torch.as_tensor(means), torch.as_tensor(covariances))
