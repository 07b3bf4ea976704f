"""A network's features and their gradient, row after row: every cell is computed once, and few rows are in memory.

A convolution needs one row more than it gives, so that each step is a row behind the one before it. On the way back it
is the other way around: the gradient follows at a distance, which is what the deepest features look at, up and down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torch import Tensor

from brushwork.encoders.native.arena import copy_persistent
from brushwork.encoders.native.fusion import NativeStep
from brushwork.encoders.native.row_step import PLANES, FeatureRows, RowStep
from brushwork.images.geometry import Size
from brushwork.types import Feature, Image


class SavedRows(NamedTuple):
    """What need not be computed again of some rows that were shown; the first layers are not there."""

    masks: Sequence[Tensor]
    """By the steps, from the first one that is kept."""
    rows: Mapping[str, FeatureRows]
    """By the taps."""

    @property
    def nbytes(self) -> int:
        """Memory that is taken."""
        tensors = [*self.masks, *(rows.feature for rows in self.rows.values())]
        return sum(one.untyped_storage().nbytes() for one in tensors)


class RowPipeline:
    """One picture of three planes goes through the steps from above, and the gradient of what they gave follows."""

    def __init__(self, steps: Sequence[NativeStep], image: Size, like: Tensor) -> None:
        """`like`: a tensor on the picture's device."""
        self._passages: list[RowStep] = []
        size, channels = image, PLANES
        for step in steps:
            self._passages.append(RowStep(step, size, channels, like))
            size, channels = self._passages[-1].after, self._passages[-1].outputs
        self._cheap = _cheap(steps)

    def forward_rows(
        self, image: Image, top: int, *, keeps: bool, known: SavedRows | None = None
    ) -> dict[str, FeatureRows]:
        """Give the picture's next rows, and those above them from `first_needed_row` on; returns the taps' new rows.

        Their memory is the caller's. With `keeps`, what the way back needs is kept. `known`: what was `save_rows` when
        the same rows were shown to another stream; from then on there must be something known each time.
        """
        found, here, bottom = {}, image.contiguous(), top + image.shape[2]
        passages = self._passages if known is None else self._passages[: self._cheap]
        for passage, belt in zip(passages, [*(one.seen for one in passages[1:]), None], strict=True):
            rows = passage.forward_rows(here, top, bottom, belt, keeps=keeps)
            if passage.step.layer is not None and rows is not None:
                found[passage.step.layer] = rows
            passage.release()
            if belt is not None:
                here, top, bottom = belt.all, belt.top, belt.bottom
        return found if known is None else {**found, **self._remembered(known)}

    def _remembered(self, known: SavedRows) -> Mapping[str, FeatureRows]:
        for passage, mask in zip(self._passages[self._cheap :], known.masks, strict=True):
            passage.load_masks(mask)
        return known.rows

    def save_rows(self, found: Mapping[str, FeatureRows]) -> SavedRows:
        """What need not be computed again of what was shown last, and gave `found`; it is not here any more."""
        dear = {passage.step.layer for passage in self._passages[self._cheap :]}
        masks = [passage.take_masks() for passage in self._passages]
        rows = {layer: FeatureRows(new.top, _apart(new.feature)) for layer, new in found.items() if layer in dear}
        return SavedRows([copy_persistent(mask) for mask in masks[self._cheap :]], rows)

    @property
    def first_needed_row(self) -> int:
        """The first row of the picture that is still needed."""
        return self._passages[0].first_needed_row

    def add_gradient(self, layer: str, rows: Tensor) -> None:
        """Give the next rows of the gradient at a tap, as rows, columns, channels."""
        passage = next(one for one in self._passages if one.step.layer == layer)
        passage.add_gradient(rows, last=passage is self._passages[-1])

    def backward_rows(self) -> FeatureRows | None:
        """The next rows of the picture's gradient that follow from what was asked at the taps."""
        for before, passage in zip(reversed(self._passages[:-1]), reversed(self._passages[1:]), strict=True):
            passage.backward_rows(before)
        return self._passages[0].backward_image_rows()


def _apart(feature: Feature) -> Feature:
    return copy_persistent(feature.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _cheap(steps: Sequence[NativeStep]) -> int:
    """How many steps are computed again for their taps, even where the others are kept.

    The first layers' maps are the largest, and the first layers take the least time: VGG-19's relu1_1 and relu2_1 are
    three quarters of what the taps take, and a sixth of the way forward.
    """
    pools = [sum(step.pool is not None for step in steps[: index + 1]) for index in range(len(steps))]
    return max(
        (index + 1 for index, step in enumerate(steps) if step.layer is not None and pools[index] <= 1), default=0
    )
