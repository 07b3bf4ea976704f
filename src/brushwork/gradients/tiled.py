"""Loss and gradient of images of any size, exactly, tile by tile in two passes; features tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import torch

from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partial_sums import add_summaries, cast_wide
from brushwork.gradients.rows import RowStream
from brushwork.gradients.tiles import TiledView
from brushwork.gradients.view import TileView
from brushwork.images.geometry import Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.objective import Objective
from brushwork.storage.mapped import empty_or_mapped
from brushwork.types import Evaluate, Feature, Features, Image, LossValues, Summaries

Combine: TypeAlias = Callable[[Summaries], Summaries]
"""What becomes of the sums between the passes. They are in float64 (on `mps` in float32), and have no graph."""


class Tiling(NamedTuple):
    """Looking at a picture part by part, see `evaluate_tiled`. Pictures no larger than a part lose nothing by it."""

    side: int
    """Pixels of a tile, halo included; row after row, as many are in memory as a tile has."""
    kept: int = 1
    """Parts that are kept between the passes, the one that is looked at in any case among them."""

    def __str__(self) -> str:
        kept = f", {self.kept} of them kept between the passes" if self.kept > 1 else ""
        return f"parts of {self.side}×{self.side} pixels{kept}"


def evaluate_tiled(
    encoder: Encoder,
    objective: Objective,
    side: int,
    *,
    kept: int = 1,
    own: Window | None = None,
    combine: Combine = lambda sums: sums,
) -> Evaluate:
    """Evaluate an objective over tiles of `side` pixels, halo included: the same losses and gradient as `whole`.

    1. The sums of every term are added up over the tiles, without a graph.
    2. The score is differentiated by the sums: ∂score/∂S is small.
    3. Each tile is computed once more, with a graph, and ∂score/∂S pulled back through it into the pixels of the
       tile and its halo. Where tiles overlap, gradients add.

    The graphs of `kept` tiles are kept in step 1, and need not be computed again, which saves a third of their time.
    The first one costs no memory, because step 3 needs as much anyhow; the others forget their first layers' features.

    Where the compiled part computes, and a picture has more than one tile, it is not divided into tiles: the same three
    steps are made row after row, see `RowStream`, as many rows at a time as a tile has pixels, and tiles' overlap is
    saved.

    To share a picture among machines, give each its `own` pixels (a window that begins at multiples of the layout's
    stride, and ends there or at the border), and let `combine` add up the sums of all. The picture to evaluate is then
    `layout.outer(own)`: the own pixels, and those that their cells look at. Its gradient is what the own cells
    contribute; that of the halo is to be added to the neighbor's.

    Raises: NotAdditiveError: a term is no sum over positions.
    """
    terms = objective.additive

    def evaluate(image: Image) -> LossValues:
        seen = view_parts(TileView.create(encoder, image, own, terms), side, kept)
        losses, slopes = score_gradient(objective, combine(add_summaries(seen.compute_sums())), image.dtype)
        seen.backward(slopes)
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
    """Sums over a picture, part by part as in `evaluate_tiled`; shared among machines likewise, by `own` and
    `combine`."""
    seen = view_parts(TileView.create(encoder, image, own, sums), side)
    return cast_wide(combine(add_summaries(seen.compute_sums())), image.dtype)


def view_parts(sight: TileView, side: int, kept: int = 0) -> RowStream | TiledView:
    """What is looked at, divided as `evaluate_tiled` says; `kept`: 0, where nothing is pulled back."""
    return RowStream.from_view(sight, side, max(0, kept - 1)) or TiledView(**vars(sight), side=side, keeps=kept)


def score_gradient(objective: Objective, sums: Summaries, dtype: torch.dtype) -> tuple[LossValues, Summaries]:
    """The losses, and their derivative by each sum: ∂score/∂S."""
    leaves = {
        name: {key: value.detach().requires_grad_() for key, value in summary.items()}
        for name, summary in cast_wide(sums, dtype).items()
    }
    with torch.enable_grad():
        losses = objective.score(leaves)
        losses.total.backward()  # type: ignore[no-untyped-call]
    slopes = {
        name: {key: value.grad for key, value in summary.items() if value.grad is not None}
        for name, summary in leaves.items()
    }
    return LossValues(losses.total.detach(), {name: value.detach() for name, value in losses.terms.items()}), slopes


@torch.no_grad()
def encode_region(encoder: Encoder, present: Image, layers: Sequence[str], window: Window, side: int) -> Features:
    """The cells that belong to the pixels `window`, at some taps; looked at row after row or in tiles, as in `tiled`.

    `present` is `layout.outer(window)`: those pixels, and the ones that their cells look at.
    """
    sight, found = TileView.create(encoder, present, window, {}, layers), dict[str, Feature]()
    for layer, positions, feature in view_parts(sight, side).compute_features():
        all_cells = sight.layout.grids[layer].owned_positions(window)
        if layer not in found:
            found[layer] = _room(feature, all_cells)
        if feature.device.type != "meta":
            positions.relative_to(all_cells).crop(found[layer]).copy_(feature)
    return found


def _room(like: Feature, positions: Window) -> Feature:
    """A map of some cells, whose channels lie together where they do so in the features that it is for."""
    batch, channels = like.shape[:2]
    if like.stride(1) == 1:
        return empty_or_mapped((batch, positions.height, positions.width, channels), like).permute(0, 3, 1, 2)
    return empty_or_mapped((batch, channels, positions.height, positions.width), like)
