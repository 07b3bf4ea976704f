"""Style losses other than Gram matrices, normalized so that the same weights mean the same.

With F the style image's features at a layer of N channels, and E‖F‖² = ‖μ*‖² + ‖σ*‖²:

| loss          | formula, times its norm                                   | norm in `relative` | elsewhere |
|---------------|-----------------------------------------------------------|--------------------|-----------|
| `moments`     | ‖μ−μ*‖² + ‖σ−σ*‖²                                         | 1/E‖F‖²            | 1/N       |
| `covariance`  | ‖Σ−Σ*‖² + ‖μ−μ*‖² · ‖Σ*‖²/‖μ*‖²                           | 1/‖Σ*‖²            | as Gram   |
| `wasserstein` | ‖μ−μ*‖² + tr(Σ + Σ* − 2(Σ*^½ Σ Σ*^½)^½)                   | 1/E‖F‖²            | 1/N       |
| `sliced`      | N · mean over N directions of W₂²                         | 1/E‖F‖²            | 1/N       |
| `histogram`   | Σ over channels of W₂²                                    | 1/E‖F‖²            | 1/N       |
| `patches`     | mean over patches of ‖Ψ−Ψ*_NN‖², per position (9 each)   | 1/E‖F‖²            | 1/N       |

In `relative` each loss is multiplied by its entry in `normalization.BALANCE`, so that its effect is as strong as that
of Gram matrices. For several style images, means and covariances are blended; sliced Wasserstein and histogram are
weighted sums of one loss per style image, whose minimum lies between them; each patch is matched to the nearest patch
of all style images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import FULL_IMAGE, Partition, full_features, sum_over_style
from brushwork.images.geometry import Size
from brushwork.losses.distribution import HistogramLoss, SlicedWassersteinLoss, histogram_target
from brushwork.losses.moment_matching import CovarianceLoss, GaussianTarget, GaussianWassersteinLoss, MeanStdLoss
from brushwork.losses.moments import Positions, covariance, mean
from brushwork.losses.mrf import MRFLoss
from brushwork.objective import Objective
from brushwork.options.style_losses import LossName
from brushwork.recipes.normalization import LossNormalization
from brushwork.style import LayerStatistics, Style
from brushwork.types import Feature, Guides, Image

_PATCH = 3
"""Side of a patch in positions, as in Li & Wand."""


@dataclass(frozen=True)
class StyleTargets:
    """The style images as encoded, and the features and statistics that the losses need as targets."""

    styles: Sequence[Image]
    weights: Sequence[float]
    """Weight of each style image in the blend; they sum to 1."""
    style: Style
    """The blend of their moments at every style layer."""
    encoder: Encoder
    size: Size
    """Size of the optimized image."""
    seed: int = 0
    partition: Partition = FULL_IMAGE

    @cached_property
    def compute_features(self) -> Sequence[Mapping[str, Feature]]:
        """All features of each style image; every process has them in full."""
        layers = tuple(self.style.statistics)
        return [full_features(self.encoder, style, layers, self.partition) for style in self.styles]

    @cached_property
    def compute_gaussians(self) -> Mapping[str, GaussianTarget]:
        """Mean and covariance at every layer, blended."""
        each = [_gaussians(style, self) for style in self.styles]
        return {layer: _blended([one[layer] for one in each], self.weights) for layer in self.style.statistics}

    def count_patches(self, layer: str) -> int:
        """Return the number of patches that the optimized image has at a layer."""
        rows, columns = self.encoder.positions(layer, self.size)
        return max(1, rows - _PATCH + 1) * max(1, columns - _PATCH + 1)


def make_style_losses(
    name: LossName,
    layer: str,
    moments: LayerStatistics,
    normalization: LossNormalization,
    style_targets: StyleTargets | None,
) -> Objective:
    """Return a style loss at a layer, with weight 1.

    It is named `LOSS:LAYER`, or `LOSS:LAYER:NUMBER` if there is one for each of several style images.
    """
    norm = normalization.mean_std_norm(moments)
    if style_targets is None or name == "moments":
        return Objective.single(f"{name}:{layer}", MeanStdLoss(layer, moments.mean, moments.std, norm))
    if name in ("covariance", "wasserstein"):
        return Objective.single(
            f"{name}:{layer}", make_gaussian_loss(name, layer, style_targets.compute_gaussians[layer], normalization)
        )
    if name == "patches":
        targets = tuple(one[layer] for one in style_targets.compute_features)
        return Objective.single(
            f"{name}:{layer}", MRFLoss(layer, targets, norm / (_PATCH**2 * style_targets.count_patches(layer)))
        )
    objective, several = Objective({}), len(style_targets.styles) > 1
    for number, (weight, features) in enumerate(
        zip(style_targets.weights, style_targets.compute_features, strict=True), start=1
    ):
        term = make_sorted_loss(name, layer, features[layer], norm, style_targets.seed)
        objective += Objective.single(f"{name}:{layer}:{number}" if several else f"{name}:{layer}", term, weight)
    return objective


def make_gaussian_loss(
    name: LossName, layer: str, target: GaussianTarget, normalization: LossNormalization, guide: Guides | None = None
) -> CovarianceLoss | GaussianWassersteinLoss:
    """Return the covariance or Wasserstein loss by name; under a guide, that of a region of the image."""
    if name == "wasserstein":
        deviations = target.covariance.diagonal(dim1=-2, dim2=-1).clamp_min(0).sqrt()
        norm = normalization.mean_std_norm(LayerStatistics(target.covariance, target.mean, deviations))
        return GaussianWassersteinLoss(layer, target, norm, guide)
    # Means count as much as covariances, each relative to its target.
    energies = [float(part.square().sum()) for part in (target.covariance, target.mean)]
    mean_share = energies[0] / energies[1] if energies[1] > 0 else 1.0
    return CovarianceLoss(layer, target, normalization.gram_norm(target.covariance), mean_share, guide)


def make_sorted_loss(
    name: LossName, layer: str, features: Feature, norm: float, seed: int, positions: Positions | None = None
) -> HistogramLoss | SlicedWassersteinLoss:
    """Return the histogram or sliced Wasserstein loss by name, from a style image's features.

    `positions` are the positions of the optimized image that are compared.
    """
    if name == "histogram":
        return HistogramLoss(layer, histogram_target(features), norm, positions)
    return SlicedWassersteinLoss(layer, features, norm * features.shape[1], seed=seed, positions=positions)


def _gaussians(style: Image, targets: StyleTargets) -> Mapping[str, GaussianTarget]:
    """Compute mean and covariance per layer.

    The sums are shifted by the blend's means, which are near: raw second moments cancel in float32.
    """
    about = {
        layer: GaussianTarget(one.mean, torch.zeros_like(one.gram)) for layer, one in targets.style.statistics.items()
    }
    terms = {layer: CovarianceLoss(layer, shift, 1.0) for layer, shift in about.items()}
    sums = sum_over_style(style, targets.encoder, terms, targets.partition)
    return {layer: GaussianTarget(mean(one, about[layer].mean), covariance(one)) for layer, one in sums.items()}


def _blended(each: Sequence[GaussianTarget], weights: Sequence[float]) -> GaussianTarget:
    means = sum(weight * one.mean for one, weight in zip(each, weights, strict=True))
    covariances = sum(weight * one.covariance for one, weight in zip(each, weights, strict=True))
    return GaussianTarget(torch.as_tensor(means), torch.as_tensor(covariances))
