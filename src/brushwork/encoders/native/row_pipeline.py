"""Compute a network's features and their gradient row by row: each position once, with few rows in memory.

A convolution needs one row more than it produces, so each step is a row behind the one before it. The backward pass is
the reverse: the gradient follows at the distance of the deepest features' receptive field, up and down.
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
    """Cached results of some image rows, except those of the first layers, which are recomputed."""

    masks: Sequence[Tensor]
    """Masks of the steps, from the first cached one."""
    rows: Mapping[str, FeatureRows]
    """Feature rows by layer."""

    @property
    def nbytes(self) -> int:
        """Memory in use, in bytes."""
        tensors = [*self.masks, *(rows.feature for rows in self.rows.values())]
        return sum(one.untyped_storage().nbytes() for one in tensors)


class RowPipeline:
    """Pipeline that streams one image of three planes through the steps from the top, and the gradient back."""

    def __init__(self, steps: Sequence[NativeStep], image: Size, like: Tensor) -> None:
        """Create the pipeline on the device of the tensor `like`."""
        self._row_steps: list[RowStep] = []
        size, channels = image, PLANES
        for step in steps:
            self._row_steps.append(RowStep(step, size, channels, like))
            size, channels = self._row_steps[-1].after, self._row_steps[-1].outputs
        self._recomputed = _count_recomputed(steps)

    def forward_rows(
        self, image: Image, top: int, *, keeps: bool, known: SavedRows | None = None
    ) -> dict[str, FeatureRows]:
        """Process the image's next rows, and return the layers' new rows.

        `image` holds the next rows, and those above them starting at `first_needed_row`; `top` is its first row. The
        caller owns the memory of the result. With `keeps`, data for the backward pass is kept. `known` is the result of
        `save_rows` for the same rows in another pipeline; once given, it must be given for all further rows.
        """
        found, here, bottom = {}, image.contiguous(), top + image.shape[2]
        row_steps = self._row_steps if known is None else self._row_steps[: self._recomputed]
        for row_step, buffer in zip(row_steps, [*(one.seen for one in row_steps[1:]), None], strict=True):
            rows = row_step.forward_rows(here, top, bottom, buffer, keeps=keeps)
            if row_step.step.layer is not None and rows is not None:
                found[row_step.step.layer] = rows
            row_step.release()
            if buffer is not None:
                here, top, bottom = buffer.all, buffer.top, buffer.bottom
        return found if known is None else {**found, **self._load_saved(known)}

    def _load_saved(self, known: SavedRows) -> Mapping[str, FeatureRows]:
        for row_step, mask in zip(self._row_steps[self._recomputed :], known.masks, strict=True):
            row_step.load_masks(mask)
        return known.rows

    def save_rows(self, found: Mapping[str, FeatureRows]) -> SavedRows:
        """Return the results of the last rows, which gave `found`, for a cache.

        Their masks are removed from the pipeline.
        """
        saved = {row_step.step.layer for row_step in self._row_steps[self._recomputed :]}
        masks = [row_step.take_masks() for row_step in self._row_steps]
        rows = {layer: FeatureRows(new.top, _apart(new.feature)) for layer, new in found.items() if layer in saved}
        return SavedRows([copy_persistent(mask) for mask in masks[self._recomputed :]], rows)

    @property
    def first_needed_row(self) -> int:
        """First row of the image that the pipeline still needs."""
        return self._row_steps[0].first_needed_row

    def add_gradient(self, layer: str, rows: Tensor) -> None:
        """Add the next rows of the gradient at a layer, as rows, columns, channels."""
        row_step = next(one for one in self._row_steps if one.step.layer == layer)
        row_step.add_gradient(rows, last=row_step is self._row_steps[-1])

    def backward_rows(self) -> FeatureRows | None:
        """Return the next rows of the image's gradient that follow from the gradients added so far."""
        for before, row_step in zip(reversed(self._row_steps[:-1]), reversed(self._row_steps[1:]), strict=True):
            row_step.backward_rows(before)
        return self._row_steps[0].backward_image_rows()


def _apart(feature: Feature) -> Feature:
    return copy_persistent(feature.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _count_recomputed(steps: Sequence[NativeStep]) -> int:
    """Return the number of steps that are recomputed even if the others are cached.

    The first layers have the largest maps and take the least time: VGG-19's relu1_1 and relu2_1 are three quarters of
    the layers' memory, and a sixth of the forward pass.
    """
    pools = [sum(step.pool is not None for step in steps[: index + 1]) for index in range(len(steps))]
    return max(
        (index + 1 for index, step in enumerate(steps) if step.layer is not None and pools[index] <= 1), default=0
    )
