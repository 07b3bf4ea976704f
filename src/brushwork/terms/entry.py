"""Entries of the Gram matrix, raised or lowered: what a single correlation looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from brushwork.errors import InputError
from brushwork.picture.window import Window
from brushwork.terms.moments import count_positions, flatten_positions
from brushwork.types import Feature, PerImage, Summary


@dataclass(frozen=True)
class GramEntryLoss:
    """∓norm · Σ_(i,j) S_ij/n, S_ij = Σ_p f_i(p) f_j(p): minus raises the entries, plus lowers them.

    Nothing bounds it from below: paint it in a box or on a sphere.

    Source: Nikulin & Novak, 1602.07188 (pictures that maximize one entry; i = j and i ≠ j).

    Raises: InputError: no entries, or a channel that the tap does not have.
    """

    layer: str
    entries: tuple[tuple[int, int], ...]
    """Pairs of channels (i, j), counted from 0."""
    scale: float = 1.0
    direction: Literal["up", "down"] = "up"
    halo: int = 0

    def __post_init__(self) -> None:
        if not self.entries or min(map(min, self.entries)) < 0:
            raise InputError(f"Gram entries are one or more pairs of channels, 0 or more; given: {self.entries}.")

    def summarize(self, feature: Feature, window: Window) -> Summary:
        columns = flatten_positions(feature)
        self._check(columns.shape[1])
        first, second = zip(*self.entries, strict=True)
        return {"count": count_positions(feature), "product": (columns[:, first] * columns[:, second]).sum((1, 2))}

    def score(self, summary: Summary) -> PerImage:
        sign = -1 if self.direction == "up" else 1
        return sign * self.scale * summary["product"] / summary["count"]

    def _check(self, channels: int) -> None:
        largest = max(map(max, self.entries))
        if largest >= channels:
            raise InputError(f"{self.layer} has channels 0 to {channels - 1}; given: {largest}.")
