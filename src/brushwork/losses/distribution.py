"""Losses on full feature distributions: sliced Wasserstein and histogram matching."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from brushwork.losses.chunked import LossChunk, sum_chunks
from brushwork.losses.moments import Positions, as_float32, flatten_positions, select_positions
from brushwork.losses.sampling import step_seed
from brushwork.losses.style_loss import Norms, StyleLossSpec, StyleTarget, register_loss
from brushwork.types import Feature, PerImage

PART_NUMBERS = 8_000_000
"""Approximate number of projected values to sort at a time."""


@dataclass(frozen=True)
class SlicedWassersteinLoss:
    """Sliced Wasserstein loss, scale · mean over v of W₂²({v·f(p)}, {v·f*(q)}).

    The directions v are uniform on the unit sphere. They stay fixed until `resample`, so that a line search always
    evaluates the same function. Sorting needs the full map, so this is not a sum over positions.

    Source: Heitz et al., 2006.07229, eq. 3 to 5 (as many directions as channels; resampled at every step).
    Differs: maps of different sizes are compared exactly, without repeating positions.
    """

    layer: str
    target: Feature = field(repr=False)
    """f*, the style image's features."""
    scale: float
    count: int | None = None
    """Number of directions; None: the number of channels."""
    seed: int = 0
    step: int = 0
    """Step number. Directions depend only on the seed and this number, so a resumed run uses the same ones."""
    positions: Positions | None = field(default=None, repr=False)
    """Positions of the image to compare, one or more; None: all."""

    def score_whole(self, feature: Feature) -> PerImage:
        selected = select_positions(as_float32(feature), self.positions)
        return self.scale * sum_chunks(selected, self._parts(selected)) / len(self._directions)

    def resample(self, step: int) -> SlicedWassersteinLoss:
        """Return the same loss with the directions of another step."""
        return replace(self, step=step)

    @cached_property
    def _directions(self) -> Float[Tensor, "d c"]:
        """Unit vectors, sampled on the CPU so that every device uses the same ones."""
        channels = self.target.shape[1]
        generator = torch.Generator().manual_seed(step_seed(self.seed, self.step))
        drawn = torch.randn(self.count or channels, channels, generator=generator, dtype=torch.float64)
        return functional.normalize(drawn).to(as_float32(self.target))

    @cached_property
    def _style(self) -> Float[Tensor, "_ d m"]:
        """The style image's projections, sorted in ascending order."""
        columns = flatten_positions(self.target)
        projected = (self._directions[some] @ columns for some in self._some(columns.shape[-1]))
        return torch.cat([numbers.sort(dim=-1).values for numbers in projected], dim=1)

    def _some(self, positions: int) -> Iterator[slice]:
        """Yield slices of the directions, each as large as memory allows."""
        at_once = max(1, PART_NUMBERS // positions)
        for start in range(0, len(self._directions), at_once):
            yield slice(start, start + at_once)

    def _parts(self, feature: Feature) -> Iterator[LossChunk]:
        positions = max(feature[0, 0].numel(), self.target[0, 0].numel()) * len(feature)
        for some in self._some(positions):
            yield LossChunk(slice(None), partial(self._along, some))

    def _along(self, directions: slice, feature: Feature) -> PerImage:
        projections = self._directions[directions].to(feature) @ feature.flatten(2)
        return transport_distance(projections, self._style[:, directions].to(feature)).sum(-1)


@dataclass(frozen=True)
class HistogramLoss:
    """Histogram loss, scale · Σ_c 1/n Σ_p (f_c(p) − R_c(f_c(p)))².

    R_c is the monotone map that gives channel c the style image's histogram. The gradient treats it as a constant.
    Sorting needs the full map, so this is not a sum over positions.

    Source: Risser, Wilmot & Barnes, 1701.08893, section 4 (scale γ/N, N channels; at relu1_1 and relu4_1, beside Gram).
    Differs: ranks are matched exactly, where the authors match histograms of 256 bins.
    """

    layer: str
    target: Float[Tensor, "_ c m"] = field(repr=False)
    """The style image's values in each channel, in ascending order; see `histogram_target`."""
    scale: float
    positions: Positions | None = field(default=None, repr=False)
    """Positions of the image to compare, one or more; None: all."""

    def score_whole(self, feature: Feature) -> PerImage:
        selected = select_positions(as_float32(feature), self.positions)
        numbers = max(selected[0, 0].numel(), self.target.shape[-1]) * len(selected)
        return self.scale * sum_chunks(selected, self._parts(selected.shape[1], max(1, PART_NUMBERS // numbers)))

    def _parts(self, channels: int, at_once: int) -> Iterator[LossChunk]:
        for start in range(0, channels, at_once):
            yield LossChunk(slice(None), partial(self._channels, slice(start, start + at_once)))

    def _channels(self, channels: slice, feature: Feature) -> PerImage:
        return transport_distance(feature[:, channels].flatten(2), self.target[:, channels].to(feature)).sum(-1)


@torch.no_grad()
def histogram_target(feature: Feature) -> Float[Tensor, "_ c m"]:
    """Return a style image's feature values in each channel, sorted in ascending order."""
    return flatten_positions(feature).sort(dim=-1).values


def transport_distance(own: Float[Tensor, "_ d n"], other: Float[Tensor, "_ d m"]) -> Float[Tensor, "_ d"]:
    """Compute the squared 2-Wasserstein distance between two sets of numbers.

    This is ∫₀¹ (Q(t) − Q*(t))² dt of their quantile functions. `other` must be sorted; `own` may be in any order. Sets
    of different sizes are compared exactly, as if each number were repeated until both sets have n·m of them. The
    gradient treats the order as fixed.

    Source: Heitz et al., 2006.07229, eq. 3 and 4.
    """
    ascending = own.sort(dim=-1).values
    if own.shape[-1] == other.shape[-1]:
        return (ascending - other).square().mean(-1)
    first, second, shares = _steps(own.shape[-1], other.shape[-1])
    steps = ascending[..., first.to(own.device)] - other[..., second.to(own.device)]
    return (steps.square() * shares.to(own)).sum(-1)


def _steps(n: int, m: int) -> tuple[Int[Tensor, "k"], Int[Tensor, "k"], Float[Tensor, "k"]]:
    """Return the intervals of [0, 1] on which two step functions, of n and m equal steps, are both constant.

    The result is each interval's step number in either function, and its length.
    """
    ends = torch.unique(torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]))
    lengths = torch.diff(ends, prepend=ends.new_zeros(1))
    return (ends - 1) // m, (ends - 1) // n, lengths.double() / (n * m)


def _make_sliced(target: StyleTarget, norms: Norms) -> SlicedWassersteinLoss:
    (features,), norm = target.features, norms.mean_std_norm(target.statistics)
    return SlicedWassersteinLoss(
        target.layer, features, norm * features.shape[1], seed=target.seed, positions=target.positions
    )


def _make_histogram(target: StyleTarget, norms: Norms) -> HistogramLoss:
    (features,), norm = target.features, norms.mean_std_norm(target.statistics)
    return HistogramLoss(target.layer, histogram_target(features), norm, target.positions)


register_loss(
    StyleLossSpec(
        name="sliced",
        help="Wasserstein distance along random directions; needs the full image, without tiles",
        make=_make_sliced,
        regions="positions",
        is_per_image=True,
        balance=3.0,
    )
)
register_loss(
    StyleLossSpec(
        name="histogram",
        help="histogram of each channel; needs the full image, without tiles",
        make=_make_histogram,
        regions="positions",
        is_per_image=True,
        balance=2.1,
    )
)
