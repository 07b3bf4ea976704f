"""A network's features and their gradient, row after row: every cell is computed once, and few rows are in memory.

A convolution needs one row more than it gives, so that each step is a row behind the one before it. On the way back it
is the other way around: the gradient follows at a distance, which is what the deepest features look at, up and down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from brushwork.perception.native.chain import Step
from brushwork.perception.native.memory import stored
from brushwork.perception.native.passage import PLANES, Passage, Rows
from brushwork.picture.window import Size
from brushwork.types import Feature, Image


class Kept(NamedTuple):
    """What need not be computed again of some rows that were shown; the first layers are not there."""

    masks: Sequence[Tensor]
    """By the steps, from the first one that is kept."""
    rows: Mapping[str, Rows]
    """By the taps."""

    @property
    def bytes(self) -> int:
        """Memory that is taken."""
        tensors = [*self.masks, *(rows.feature for rows in self.rows.values())]
        return sum(one.untyped_storage().nbytes() for one in tensors)


class Stream:
    """One picture of three planes goes through the steps from above, and the gradient of what they gave follows."""

    def __init__(self, steps: Sequence[Step], picture: Size, like: Tensor) -> None:
        """`like`: a tensor on the picture's device."""
        self._passages: list[Passage] = []
        size, channels = picture, PLANES
        for step in steps:
            self._passages.append(Passage(step, size, channels, like))
            size, channels = self._passages[-1].after, self._passages[-1].outputs
        self._cheap = _cheap(steps)

    def show(self, picture: Image, top: int, *, keeps: bool, known: Kept | None = None) -> dict[str, Rows]:
        """Give the picture's next rows, and those above them from `wanted` on; returns the taps' new rows.

        Their memory is the caller's. With `keeps`, what the way back needs is kept. `known`: what was `kept` when the
        same rows were shown to another stream; from then on there must be something known each time.
        """
        found, here, bottom = {}, picture.contiguous(), top + picture.shape[2]
        passages = self._passages if known is None else self._passages[: self._cheap]
        for passage, belt in zip(passages, [*(one.seen for one in passages[1:]), None], strict=True):
            rows = passage.show(here, top, bottom, belt, keeps=keeps)
            if passage.step.tap is not None and rows is not None:
                found[passage.step.tap] = rows
            passage.forget()
            if belt is not None:
                here, top, bottom = belt.all, belt.top, belt.bottom
        return found if known is None else {**found, **self._remembered(known)}

    def _remembered(self, known: Kept) -> Mapping[str, Rows]:
        for passage, mask in zip(self._passages[self._cheap :], known.masks, strict=True):
            passage.remember(mask)
        return known.rows

    def kept(self, found: Mapping[str, Rows]) -> Kept:
        """What need not be computed again of what was shown last, and gave `found`; it is not here any more."""
        dear = {passage.step.tap for passage in self._passages[self._cheap :]}
        masks = [passage.give_masks() for passage in self._passages]
        rows = {tap: Rows(new.top, _apart(new.feature)) for tap, new in found.items() if tap in dear}
        return Kept([stored(mask) for mask in masks[self._cheap :]], rows)

    @property
    def wanted(self) -> int:
        """The first row of the picture that is still needed."""
        return self._passages[0].wanted

    def ask(self, tap: str, rows: Tensor) -> None:
        """Give the next rows of the gradient at a tap, as rows, columns, channels."""
        passage = next(one for one in self._passages if one.step.tap == tap)
        passage.put(rows, last=passage is self._passages[-1])

    def pull(self) -> Rows | None:
        """The next rows of the picture's gradient that follow from what was asked at the taps."""
        for before, passage in zip(reversed(self._passages[:-1]), reversed(self._passages[1:]), strict=True):
            passage.pull(before)
        return self._passages[0].pull_planes()


def _apart(feature: Feature) -> Feature:
    return stored(feature.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _cheap(steps: Sequence[Step]) -> int:
    """How many steps are computed again for their taps, even where the others are kept.

    The first layers' maps are the largest, and the first layers take the least time: VGG-19's relu1_1 and relu2_1 are
    three quarters of what the taps take, and a sixth of the way forward.
    """
    pools = [sum(step.pool is not None for step in steps[: index + 1]) for index in range(len(steps))]
    return max((index + 1 for index, step in enumerate(steps) if step.tap is not None and pools[index] <= 1), default=0)
