"""Style by other losses than Gram matrices: each measured so that weights mean the same.

With F the painting's features at a layer of N channels, and E‖F‖² = ‖μ*‖² + ‖σ*‖²:

| loss          | formula, times its norm                                   | norm in `relative` | elsewhere |
|---------------|-----------------------------------------------------------|--------------------|-----------|
| `moments`     | ‖μ−μ*‖² + ‖σ−σ*‖²                                         | 1/E‖F‖²            | 1/N       |
| `covariance`  | ‖Σ−Σ*‖² + ‖μ−μ*‖² · ‖Σ*‖²/‖μ*‖²                           | 1/‖Σ*‖²            | as Gram   |
| `wasserstein` | ‖μ−μ*‖² + tr(Σ + Σ* − 2(Σ*^½ Σ Σ*^½)^½)                   | 1/E‖F‖²            | 1/N       |
| `sliced`      | N · mean over N directions of W₂²                         | 1/E‖F‖²            | 1/N       |
| `histogram`   | Σ over channels of W₂²                                    | 1/E‖F‖²            | 1/N       |
| `patches`     | mean over patches of ‖Ψ−Ψ*_NN‖², divided by their 9 cells | 1/E‖F‖²            | 1/N       |

In `relative` each is multiplied by what `convention.BALANCE` says, so that it paints as strongly as Gram matrices do.
Of several paintings, means and covariances are blended; sliced Wasserstein and histogram are weighted sums of one
loss for each painting, whose least is between them; a patch is taken of whichever painting has the nearest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size
from brushwork.recipes.convention import Convention
from brushwork.recipes.loss_weights import LossName
from brushwork.recipes.share import ALONE, Share, whole_features
from brushwork.recipes.summing import sums_over
from brushwork.style import Moments, Style
from brushwork.terms.gaussian import CovarianceStyle, Gaussian, GaussianWasserstein
from brushwork.terms.histogram import Histogram, histogram_target
from brushwork.terms.moments import Cells, covariance, mean
from brushwork.terms.patches import NearestPatch
from brushwork.terms.sliced import SlicedWasserstein
from brushwork.terms.spread import MeanStd
from brushwork.types import Feature, Guides, Image

_PATCH = 3
"""Cells along the side of a patch, as Li & Wand's."""


@dataclass(frozen=True)
class Models:
    """The paintings as they are looked at, and what is painted after them."""

    paintings: Sequence[Image]
    weights: Sequence[float]
    """Share of each painting in the blend; they sum to 1."""
    style: Style
    """The blend of their moments at every style layer."""
    encoder: Encoder
    size: Size
    """Of the picture."""
    seed: int = 0
    share: Share = ALONE

    @cached_property
    def features(self) -> Sequence[Mapping[str, Feature]]:
        """All of each painting's features; every process has them whole."""
        layers = tuple(self.style.moments)
        return [whole_features(self.encoder, painting, layers, self.share) for painting in self.paintings]

    @cached_property
    def gaussians(self) -> Mapping[str, Gaussian]:
        """Mean and covariance at every layer, blended."""
        each = [_gaussians(painting, self) for painting in self.paintings]
        return {layer: _blended([one[layer] for one in each], self.weights) for layer in self.style.moments}

    def patches(self, layer: str) -> int:
        """How many patches the picture has at a layer."""
        rows, columns = self.encoder.cells(layer, self.size)
        return max(1, rows - _PATCH + 1) * max(1, columns - _PATCH + 1)


def loss_terms(
    name: LossName, layer: str, moments: Moments, convention: Convention, models: Models | None
) -> Objective:
    """A style loss at a layer, of weight 1; named `LOSS:LAYER`, and `LOSS:LAYER:NUMBER` where each painting has one."""
    norm = convention.spread_norm(moments)
    if models is None or name == "moments":
        return Objective.one(f"{name}:{layer}", MeanStd(layer, moments.mean, moments.std, norm))
    if name in ("covariance", "wasserstein"):
        return Objective.one(f"{name}:{layer}", gaussian_term(name, layer, models.gaussians[layer], convention))
    if name == "patches":
        targets = tuple(one[layer] for one in models.features)
        return Objective.one(
            f"{name}:{layer}", NearestPatch(layer, targets, norm / (_PATCH**2 * models.patches(layer)))
        )
    objective, several = Objective({}), len(models.paintings) > 1
    for number, (weight, features) in enumerate(zip(models.weights, models.features, strict=True), start=1):
        term = sorted_term(name, layer, features[layer], norm, models.seed)
        objective += Objective.one(f"{name}:{layer}:{number}" if several else f"{name}:{layer}", term, weight)
    return objective


def gaussian_term(
    name: LossName, layer: str, target: Gaussian, convention: Convention, guide: Guides | None = None
) -> CovarianceStyle | GaussianWasserstein:
    """The loss of means and covariances of a name; under a guide, of a part of the picture."""
    if name == "wasserstein":
        deviations = target.covariance.diagonal(dim1=-2, dim2=-1).clamp_min(0).sqrt()
        norm = convention.spread_norm(Moments(target.covariance, target.mean, deviations))
        return GaussianWasserstein(layer, target, norm, guide)
    # Means count as covariances do, each as a share of its target.
    energies = [float(part.square().sum()) for part in (target.covariance, target.mean)]
    mean_share = energies[0] / energies[1] if energies[1] > 0 else 1.0
    return CovarianceStyle(layer, target, convention.gram_norm(target.covariance), mean_share, guide)


def sorted_term(
    name: LossName, layer: str, features: Feature, norm: float, seed: int, cells: Cells | None = None
) -> Histogram | SlicedWasserstein:
    """The sorted loss of a name, from a painting's features; `cells` are those of the picture that are compared."""
    if name == "histogram":
        return Histogram(layer, histogram_target(features), norm, cells)
    return SlicedWasserstein(layer, features, norm * features.shape[1], seed=seed, cells=cells)


def _gaussians(painting: Image, models: Models) -> Mapping[str, Gaussian]:
    """About the blend's means, which are near: raw second moments cancel in float32."""
    about = {layer: Gaussian(one.mean, torch.zeros_like(one.gram)) for layer, one in models.style.moments.items()}
    terms = {layer: CovarianceStyle(layer, shift, 1.0) for layer, shift in about.items()}
    sums = sums_over(painting, models.encoder, terms, models.share)
    return {layer: Gaussian(mean(one, about[layer].mean), covariance(one)) for layer, one in sums.items()}


def _blended(each: Sequence[Gaussian], weights: Sequence[float]) -> Gaussian:
    means = sum(weight * one.mean for one, weight in zip(each, weights, strict=True))
    covariances = sum(weight * one.covariance for one, weight in zip(each, weights, strict=True))
    return Gaussian(torch.as_tensor(means), torch.as_tensor(covariances))
