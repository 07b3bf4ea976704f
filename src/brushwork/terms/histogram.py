"""Histograms: every channel takes the painting's distribution of values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.terms.moments import Positions, as_float32, flatten_positions, select_positions
from brushwork.terms.parts import LossChunk, sum_chunks
from brushwork.terms.transport import transport_distance
from brushwork.types import Feature, PerImage

PART_NUMBERS = 8_000_000
"""About how many values are sorted at a time."""


@dataclass(frozen=True)
class HistogramLoss:
    """norm · Σ_c 1/n Σ_p (f_c(p) − R_c(f_c(p)))², R_c the monotone map that gives channel c the painting's histogram.

    R is held fixed in the gradient. Sorting sees the whole map: no sum over positions.

    Source: Risser, Wilmot & Barnes, 1701.08893, section 4 (norm γ/N, N channels; at relu1_1 and relu4_1, beside Gram).
    Differs: ranks are matched exactly, where the authors match histograms of 256 bins.
    """

    layer: str
    target: Float[Tensor, "_ c m"] = field(repr=False)
    """The painting's values in each channel, ascending: `histogram_target`."""
    scale: float
    positions: Positions | None = field(default=None, repr=False)
    """Which cells of the picture are compared, one or more; None: all."""

    def score_whole(self, feature: Feature) -> PerImage:
        seen = select_positions(as_float32(feature), self.positions)
        numbers = max(seen[0, 0].numel(), self.target.shape[-1]) * len(seen)
        return self.scale * sum_chunks(seen, self._parts(seen.shape[1], max(1, PART_NUMBERS // numbers)))

    def _parts(self, channels: int, at_once: int) -> Iterator[LossChunk]:
        for start in range(0, channels, at_once):
            yield LossChunk(slice(None), partial(self._channels, slice(start, start + at_once)))

    def _channels(self, channels: slice, feature: Feature) -> PerImage:
        return transport_distance(feature[:, channels].flatten(2), self.target[:, channels].to(feature)).sum(-1)


@torch.no_grad()
def histogram_target(feature: Feature) -> Float[Tensor, "_ c m"]:
    """A painting's values in each channel, ascending."""
    return flatten_positions(feature).sort(dim=-1).values
