"""Evaluation of an image extended at the top and left, which shifts the grid of the network's strides."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from brushwork.distributed.halo_exchange import RowRange, RowRanges, exchange_rows, reduce_rows
from brushwork.distributed.process_group import ProcessGroup
from brushwork.images.crop_pad import pad
from brushwork.images.geometry import Size
from brushwork.losses.sampling import step_seed
from brushwork.types import Evaluate, Feature, Image, LossValues


class GridShift(NamedTuple):
    """Numbers of pixels by which an image is extended, mirrored about its first row and column.

    Pooling and strided layers divide an image into cells, starting from its first pixel. Extending the image moves
    these cells.
    """

    top: int = 0
    left: int = 0

    def limit(self, size: Size) -> GridShift:
        """Return the shift for an image of a given size: at most all its rows and columns but one are mirrored."""
        return GridShift(min(self.top, size.height - 1), min(self.left, size.width - 1))

    def enlarge(self, size: Size) -> Size:
        """Return the size of the extended image."""
        return Size(size.height + self.top, size.width + self.left)

    def extend(self, image: Feature) -> Feature:
        """Return the extended image."""
        return image if self == NO_SHIFT else pad(image, top=self.top, left=self.left)

    def source_rows(self, rows: RowRange) -> list[int]:
        """Return the image's row that each given row of the extended image shows."""
        return [abs(row - self.top) for row in range(*rows)]


NO_SHIFT = GridShift()


def draw_shift(largest: int, seed: int, step: int) -> GridShift:
    """Return the random shift of an outer step, which depends only on the seed and the step's number.

    The first shift is the largest, so that no later step takes more memory.
    """
    if step == 0:
        return GridShift(largest, largest)
    generator = torch.Generator().manual_seed(step_seed(seed, step))
    return GridShift(*torch.randint(largest + 1, (2,), generator=generator).tolist())


def evaluate_extended(evaluate: Evaluate, shift: GridShift) -> Evaluate:
    """Return the evaluation of an image, given that of the extended image."""
    if shift == NO_SHIFT:
        return evaluate

    def evaluate_image(image: Image) -> LossValues:
        mirror = _Mirror.of(image, shift.source_rows(RowRange(0, image.shape[-2] + shift.top)), shift.left)
        losses, gradient = mirror.evaluate(evaluate, image)
        add_gradient(image, gradient)
        return losses

    return evaluate_image


def evaluate_extended_bands(
    evaluate: Evaluate, shift: GridShift, have: RowRanges, extended: RowRanges, group: ProcessGroup
) -> Evaluate:
    """Return the evaluation of a rank's rows of an image, given that of its rows of the extended image.

    `have` and `extended` are each rank's rows of the image and of the extended image.
    """
    if shift == NO_SHIFT:
        return evaluate
    sources = [shift.source_rows(rows) for rows in extended]
    want = tuple(RowRange(min(rows), max(rows) + 1) if rows else RowRange(0, 0) for rows in sources)
    top, own = want[group.rank].top, sources[group.rank]

    def evaluate_band(image: Image) -> LossValues:
        present = exchange_rows(image.detach(), have, want, group)
        mirror = _Mirror.of(present, [row - top for row in own], shift.left)
        losses, gradient = mirror.evaluate(evaluate, present)
        add_gradient(image, reduce_rows(gradient, want, have, group))
        return losses

    return evaluate_band


class _Mirror(NamedTuple):
    """For each row and column of the extended image, the image's row or column that it shows."""

    rows: Tensor
    columns: Tensor

    @classmethod
    def of(cls, image: Image, rows: list[int], left: int) -> _Mirror:
        columns = torch.arange(-left, image.shape[-1], device=image.device).abs()
        return cls(torch.tensor(rows, dtype=torch.long, device=image.device), columns)

    def evaluate(self, evaluate: Evaluate, image: Image) -> tuple[LossValues, Tensor]:
        """Return the losses at the extended image, and their gradient with respect to the image."""
        mirrored = image.detach().index_select(-2, self.rows).index_select(-1, self.columns).requires_grad_()
        losses = evaluate(mirrored)
        gradient = torch.zeros_like(mirrored) if mirrored.grad is None else mirrored.grad
        # At most two pixels show the same one, and the sum of two numbers does not depend on their order.
        folded = gradient.new_zeros(*gradient.shape[:-1], image.shape[-1]).index_add_(-1, self.columns, gradient)
        return losses, torch.zeros_like(image).index_add_(-2, self.rows, folded)


def add_gradient(image: Image, gradient: Tensor) -> None:
    """Add to an image's gradient, in a new tensor."""
    image.grad = gradient if image.grad is None else image.grad + gradient
