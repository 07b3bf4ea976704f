"""Losses on mean and standard deviation, covariance, and the Gaussian Wasserstein distance."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.images.geometry import Window
from brushwork.losses.guided_moments import (
    guided_covariance_sums,
    guided_mean,
    guided_mean_std_sums,
    guided_variance,
)
from brushwork.losses.moments import (
    GaussianTarget,
    covariance,
    covariance_sums,
    mean,
    mean_std_sums,
    trace,
    variance,
)
from brushwork.losses.style_loss import Norms, RegionStatistics, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, Guides, PerImage, Summary

SMALLEST_VARIANCE = 1e-12
"""Variance below which a channel counts as dead.

The bound keeps the gradient of its standard deviation finite.
"""

RIDGE = 1e-4
"""Fraction of the target's mean variance that is added to both covariances.

It keeps the gradients of dead channels finite.
"""

_SMALLEST_COVARIANCE = 0.01
"""Lower bound of a covariance's norm, relative to the squared means; pale drawings have 0.03."""


@dataclass(frozen=True)
class MeanStdLoss:
    """Mean and std loss, scale · (‖μ − μ*‖² + std_weight · ‖σ − σ*‖²) over the channels.

    Source: Galerne et al., 2212.13459 (scale 1/N). A `std_weight` of 0 compares the means alone: the model of 1k
    parameters of 1505.07376.
    Differs: the square root is guarded, so that dead channels do not divide by zero.
    """

    layer: str
    mean: Float[Tensor, "_ c"] = field(repr=False)
    std: Float[Tensor, "_ c"] = field(repr=False)
    scale: float
    std_weight: float = 1.0
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return mean_std_sums(feature, self.mean)

    def score(self, summary: Summary) -> PerImage:
        std = torch.sqrt(variance(summary).clamp_min(SMALLEST_VARIANCE))
        means = (mean(summary, self.mean) - self.mean).square()
        return self.scale * (means + self.std_weight * (std - self.std).square()).sum(-1)


@dataclass(frozen=True)
class GuidedMeanStdLoss:
    """Guided mean and std loss, scale · Σ_r λ_r (‖μ_r − μ*_r‖² + std_weight · ‖σ_r − σ*_r‖²).

    The moments of region r are weighted by its guide u_r.

    Source: Gatys et al., 1611.07865 ("guided sums": means alone, `std_weight` 0); Galerne et al., 2212.13459 (both).
    Differs: weighted sums are divided by Σ u_r instead of the number of positions.
    """

    layer: str
    guides: Guides = field(repr=False)
    mean: Float[Tensor, "_ k c"] = field(repr=False)
    std: Float[Tensor, "_ k c"] = field(repr=False)
    scale: float
    shares: Float[Tensor, "k"] = field(repr=False)
    std_weight: float = 1.0
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return guided_mean_std_sums(feature, window.crop(self.guides), self.mean)

    def score(self, summary: Summary) -> PerImage:
        std = guided_variance(summary).clamp_min(SMALLEST_VARIANCE).sqrt()
        means = (guided_mean(summary, self.mean) - self.mean).square().sum(-1)
        return self.scale * ((means + self.std_weight * (std - self.std).square().sum(-1)) * self.shares.to(std)).sum(
            -1
        )


@torch.no_grad()
def make_gaussian_target(feature: Feature) -> GaussianTarget:
    """Compute the mean and the biased covariance of a style image's features, for losses made in Python."""
    shift = feature.mean(dim=(2, 3)).to(torch.promote_types(feature.dtype, torch.float32))
    sums = covariance_sums(feature, shift)
    return GaussianTarget(mean(sums, shift), covariance(sums))


@dataclass(frozen=True)
class CovarianceLoss:
    """Covariance loss, scale · (‖Σ − Σ*‖² + mean_weight · ‖μ − μ*‖²): a centered Gram loss, plus the means.

    Source: the Gram matrix of 1508.06576, eq. 3 and 4, centered.
    """

    layer: str
    target: GaussianTarget
    scale: float
    mean_weight: float = 1.0
    """Weight of the squared distance of the means, relative to that of the covariances; 0: covariance alone."""
    guide: Guides | None = field(default=None, repr=False)
    """Weight of each position of the image, one nonempty map over all positions; None: equal weights."""
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return _sums(feature, window, self.target.mean, self.guide)

    def score(self, summary: Summary) -> PerImage:
        means = (mean(summary, self.target.mean) - self.target.mean).square().sum(-1)
        covariances = (covariance(summary) - self.target.covariance).square().flatten(1).sum(-1)
        return self.scale * (covariances + self.mean_weight * means)


@dataclass(frozen=True)
class GaussianWassersteinLoss:
    """Gaussian Wasserstein loss, scale · (‖μ − μ*‖² + tr(Σ + Σ* − 2 (Σ*^½ Σ Σ*^½)^½)).

    This is the squared 2-Wasserstein distance of Gaussians. With Σ* = L Lᵀ the last trace is the sum of the roots of
    the eigenvalues of Lᵀ Σ L. The traces are computed in float64: they are large compared with their sum, and cancel
    near the target.

    Source: Dowson & Landau 1982, eq. 4; as a style loss, crowsonkb/style-transfer-pytorch (scale 1/N, N channels).
    Differs: `RIDGE` times the target's mean variance is added to both covariances (the program adds 1e-4 to the
    diagonal), and the root is exact instead of twelve Newton–Schulz steps.
    """

    layer: str
    target: GaussianTarget
    scale: float
    guide: Guides | None = field(default=None, repr=False)
    """As in `CovarianceLoss`."""
    halo: int = 0

    def summarize(self, feature: Feature, window: Window) -> Summary:
        return _sums(feature, window, self.target.mean, self.guide)

    def score(self, summary: Summary) -> PerImage:
        means = (mean(summary, self.target.mean) - self.target.mean).square().sum(-1)
        own = _exact(covariance(summary)) + self._ridge
        crossed = torch.linalg.eigvalsh(self._factor.mT @ own @ self._factor)
        roots: Tensor = crossed.clamp_min(torch.finfo(crossed.dtype).tiny).sqrt().sum(-1)
        return self.scale * (means + (trace(own) + trace(self._style) - 2 * roots).to(means))

    @cached_property
    def _ridge(self) -> Float[Tensor, "_ c c"]:
        """ε·I, computed once for each target."""
        given = _exact(self.target.covariance)
        identity = torch.eye(given.shape[-1], dtype=given.dtype, device=given.device)
        return RIDGE * (trace(given) / given.shape[-1]).clamp_min(1e-12).view(-1, 1, 1) * identity

    @cached_property
    def _style(self) -> Float[Tensor, "_ c c"]:
        return _exact(self.target.covariance) + self._ridge

    @cached_property
    def _factor(self) -> Float[Tensor, "_ c c"]:
        """L of Σ* = L Lᵀ."""
        factor: Tensor = torch.linalg.cholesky(self._style)
        return factor


def _sums(feature: Feature, window: Window, shift: Float[Tensor, "_ c"], guide: Guides | None) -> Summary:
    if guide is None:
        return covariance_sums(feature, shift)
    return guided_covariance_sums(feature, window.crop(guide), shift)


def _exact(matrices: Float[Tensor, "b c c"]) -> Float[Tensor, "b c c"]:
    """Convert to float64; on the CPU where the device has no float64 (Apple's)."""
    return matrices.cpu().double() if matrices.device.type == "mps" else matrices.double()


def _make_mean_std(target: StyleTarget, norms: Norms) -> MeanStdLoss:
    statistics = target.statistics
    return MeanStdLoss(target.layer, statistics.mean, statistics.std, norms.mean_std_norm(statistics))


def _make_mean_std_regions(target: RegionStatistics, norms: Norms) -> GuidedMeanStdLoss:
    shares = target.weights * target.weights.new_tensor([norms.mean_std_norm(one) for one in target.statistics])
    mean, std = (torch.stack([getattr(one, name) for one in target.statistics], dim=1) for name in ("mean", "std"))
    return GuidedMeanStdLoss(target.layer, target.guides, mean, std, 1.0, shares)


def _make_covariance(target: StyleTarget, norms: Norms) -> CovarianceLoss:
    """Return the loss in which means and covariances, each relative to its target, count the same.

    The covariances of a flat color are rounding errors: they count as `_SMALLEST_COVARIANCE` times the squared means.
    """
    gaussian = target.gaussian
    covariance, means = gaussian.covariance, float(gaussian.mean.square().sum())
    if covariance.norm() < _SMALLEST_COVARIANCE * means:
        covariance = torch.full_like(covariance, _SMALLEST_COVARIANCE * means / covariance.shape[-1])
    mean_weight = float(covariance.square().sum()) / means if means > 0 else 1.0
    return CovarianceLoss(target.layer, gaussian, norms.gram_norm(covariance), mean_weight, target.guide)


def _make_wasserstein(target: StyleTarget, norms: Norms) -> GaussianWassersteinLoss:
    gaussian = target.gaussian
    return GaussianWassersteinLoss(target.layer, gaussian, norms.mean_std_norm(gaussian.statistics), target.guide)


register_loss(
    StyleLossSpec(
        name="moments",
        help="means and standard deviations",
        make=_make_mean_std,
        needs_image=False,
        regions="guide",
        make_regions=_make_mean_std_regions,
        balance=3.0,
    )
)
register_loss(
    StyleLossSpec(name="covariance", help="means and covariances", make=_make_covariance, regions="guide", balance=0.4)
)
register_loss(
    StyleLossSpec(
        name="wasserstein",
        help="Wasserstein distance of Gaussians",
        make=_make_wasserstein,
        regions="guide",
        balance=0.9,
    )
)
