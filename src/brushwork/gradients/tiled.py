"""Exact loss and gradient of images of any size, tile by tile in two passes; features tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import torch

from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partial_sums import add_summaries, cast_wide
from brushwork.gradients.rows import RowStream
from brushwork.gradients.tiles import TiledView
from brushwork.gradients.view import ImageView
from brushwork.images.geometry import Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.objective import Objective
from brushwork.storage.mapped import empty_or_mapped
from brushwork.types import Evaluate, Feature, Features, Image, LossValues, Summaries

Combine: TypeAlias = Callable[[Summaries], Summaries]
"""Function applied to the sums between the passes.

The sums are in float64 (float32 on `mps`), without a graph.
"""


class Tiling(NamedTuple):
    """Tile size for evaluation in parts; see `evaluate_tiled`.

    It costs nothing for images no larger than a tile.
    """

    side: int
    """Side of a tile in pixels, halo included. Evaluation row by row holds as many pixels in memory as a tile has."""
    kept: int = 1
    """Number of tiles whose graphs are kept between the passes, including the current one."""

    def __str__(self) -> str:
        kept = f", {self.kept} of them cached between the passes" if self.kept > 1 else ""
        return f"tiles of {self.side}×{self.side} pixels{kept}"


def evaluate_tiled(
    encoder: Encoder,
    objective: Objective,
    side: int,
    *,
    kept: int = 1,
    own: Window | None = None,
    combine: Combine = lambda sums: sums,
) -> Evaluate:
    """Return the evaluation of an objective in tiles, with the same losses and gradient as `evaluate_whole`.

    Tiles have `side` pixels a side, halo included.

    1. The sums of every loss are accumulated over the tiles, without a graph.
    2. The score is differentiated with respect to the sums: ∂score/∂S is small.
    3. Each tile is computed again, with a graph, and ∂score/∂S is backpropagated through it to the pixels of the tile
       and its halo. Where tiles overlap, gradients add.

    The graphs of `kept` tiles are kept in step 1 and need not be recomputed, which saves a third of their time. One of
    them costs no memory, because step 3 needs as much anyway; the others do not store the features of their first
    layers.

    If the native backend is used and an image has more than one tile, the image is not divided into tiles. The same
    three steps then run row by row (see `RowStream`), with as many pixels in memory at a time as a tile has. This
    avoids the overlap of tiles.

    To distribute an image over several machines, give each its `own` pixels (a window that begins at multiples of the
    layout's stride, and ends there or at the border), and let `combine` add the sums of all. The image to evaluate is
    then `layout.receptive_window(own)`: the own pixels, and those in the receptive fields of their positions. Its
    gradient is the contribution of the own positions. The gradient of the halo must be added to the neighbor's.

    Raises: NotAdditiveError: a loss is not a function of sums over positions.
    """
    terms = objective.additive

    def evaluate(image: Image) -> LossValues:
        parts = view_parts(ImageView.create(encoder, image, own, terms), side, kept)
        losses, gradients = score_gradient(objective, combine(add_summaries(parts.compute_sums())), image.dtype)
        parts.backward(gradients)
        return losses

    return evaluate


@torch.no_grad()
def sum_tiled(
    encoder: Encoder,
    sums: Mapping[str, AdditiveStatistic],
    image: Image,
    side: int,
    *,
    own: Window | None = None,
    combine: Combine = lambda sums: sums,
) -> Summaries:
    """Compute sums over an image in tiles, as in `evaluate_tiled`.

    `own` and `combine` distribute the image over several machines in the same way.
    """
    parts = view_parts(ImageView.create(encoder, image, own, sums), side)
    return cast_wide(combine(add_summaries(parts.compute_sums())), image.dtype)


def view_parts(view: ImageView, side: int, kept: int = 0) -> RowStream | TiledView:
    """Return the view, divided into rows or tiles as in `evaluate_tiled`.

    `kept` is 0 if there is no backward pass.
    """
    return RowStream.from_view(view, side, max(0, kept - 1)) or TiledView(view, side=side, keeps=kept)


def score_gradient(objective: Objective, sums: Summaries, dtype: torch.dtype) -> tuple[LossValues, Summaries]:
    """Return the losses, and their derivatives with respect to each sum: ∂score/∂S."""
    leaves = {
        name: {key: value.detach().requires_grad_() for key, value in summary.items()}
        for name, summary in cast_wide(sums, dtype).items()
    }
    with torch.enable_grad():
        losses = objective.score(leaves)
        losses.total.backward()  # type: ignore[no-untyped-call]
    gradients = {
        name: {key: value.grad for key, value in summary.items() if value.grad is not None}
        for name, summary in leaves.items()
    }
    return LossValues(losses.total.detach(), {name: value.detach() for name, value in losses.terms.items()}), gradients


@torch.no_grad()
def encode_region(encoder: Encoder, present: Image, layers: Sequence[str], window: Window, side: int) -> Features:
    """Compute the features at the positions that belong to the pixels `window`, row by row or in tiles.

    `present` is `layout.receptive_window(window)`: these pixels, and those in the receptive fields of their positions.
    """
    view, found = ImageView.create(encoder, present, window, {}, layers), dict[str, Feature]()
    for layer, positions, feature in view_parts(view, side).compute_features():
        owned = view.layout.grids[layer].owned_positions(window)
        if layer not in found:
            found[layer] = _allocate(feature, owned)
        if feature.device.type != "meta":
            positions.relative_to(owned).crop(found[layer]).copy_(feature)
    return found


def _allocate(like: Feature, positions: Window) -> Feature:
    """Allocate a feature map, with channels last in memory if `like` has them last."""
    shape = (*like.shape[:2], positions.height, positions.width)
    return empty_or_mapped(shape, like, is_channels_last=like.stride(1) == 1)
