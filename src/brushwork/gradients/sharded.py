"""Evaluation of an image of which each rank holds a band of rows."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from brushwork.distributed.halo_exchange import RowRange, RowRanges, exchange_rows, reduce_rows, split_rows
from brushwork.distributed.process_group import ProcessGroup
from brushwork.encoders.encoder import Encoder
from brushwork.gradients.grid_shift import add_gradient
from brushwork.gradients.partial_sums import cast_wide, make_layout, to_float64
from brushwork.gradients.tile_layout import TileLayout
from brushwork.gradients.tiled import Combine, evaluate_tiled, sum_tiled
from brushwork.images.geometry import Size, Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.objective import Objective
from brushwork.types import Evaluate, Image, LossValues, Summaries


def evaluate_sharded(
    encoder: Encoder,
    objective: Objective,
    side: int,
    *,
    size: Size,
    have: RowRanges,
    group: ProcessGroup,
    kept: int = 1,
) -> Evaluate:
    """Return the evaluation of an objective over an image of the given size; `have` lists the rows of each rank.

    It takes the rank's own rows, and adds to their gradient. At each evaluation the ranks exchange the rows that their
    positions depend on, compute the sums of their own tiles, add those over all ranks, and return the gradient of the
    borrowed rows. The losses are the same on every rank, bit for bit, because decisions depend on them.

    `have` must divide the rows at multiples of the layout's stride. The targets of losses that compare position by
    position need only the own positions (see `ContentLoss.top`). For `side` and `kept` see `evaluate_tiled`.

    Raises: NotAdditiveError: a loss is not a function of sums over positions. RankLostError: while evaluating.
    """
    layout = make_layout(encoder, objective.additive, size)
    own = [Window(rows.top, 0, rows.height, size.width, size) for rows in have]
    want = tuple(_required_rows(layout, window) for window in own)
    combine = _make_combine(group, next(encoder.parameters()).device)
    part = evaluate_tiled(encoder, objective, side, kept=kept, own=own[group.rank], combine=combine)

    def evaluate(image: Image) -> LossValues:
        present = exchange_rows(image.detach(), have, want, group).requires_grad_()
        if have[group.rank].height:
            losses = part(present)
        else:
            combine({})
            losses = LossValues(torch.zeros(()), {name: torch.zeros(()) for name in objective.losses})
        pulled = torch.zeros_like(present) if present.grad is None else present.grad
        add_gradient(image, reduce_rows(pulled, want, have, group))
        return _as_first(losses, group, image)

    return evaluate


def sum_sharded(
    encoder: Encoder, sums: Mapping[str, AdditiveStatistic], image: Image, *, side: int, group: ProcessGroup
) -> Summaries:
    """Compute sums over an image that every rank has in full; each rank encodes a band of it."""
    size, combine = Size.of(image), _make_combine(group, image.device)
    layout = make_layout(encoder, sums, size)
    rows = split_rows(size.height, group.world_size, layout.stride, layout.halo)[group.rank]
    if not rows.height:
        return cast_wide(combine({}), image.dtype)
    own = Window(rows.top, 0, rows.height, size.width, size)
    return sum_tiled(encoder, sums, layout.receptive_window(own).crop(image), side, own=own, combine=combine)


def _required_rows(layout: TileLayout, own: Window) -> RowRange:
    """Return the rows needed to evaluate a window."""
    outer = layout.receptive_window(own) if own.height else own
    return RowRange(outer.top, outer.bottom)


def _make_combine(group: ProcessGroup, device: torch.device) -> Combine:
    """Return a function that adds the sums of all ranks.

    Ranks without rows learn the names and shapes of the sums from rank 0, once.
    """
    shapes: dict[tuple[str, str], torch.Size] = {}

    def combine(sums: Summaries) -> Summaries:
        if not shapes:
            mine = {(name, key): value.shape for name, summary in sums.items() for key, value in summary.items()}
            shapes.update(group.broadcast(mine))
        if sums:
            flat = torch.cat([sums[name][key].reshape(-1) for name, key in shapes])
        else:
            flat = to_float64(torch.zeros(sum(shape.numel() for shape in shapes.values()), device=device))
        return _unflatten(group.all_reduce_sum(flat), shapes)

    return combine


def _unflatten(flat: Tensor, shapes: Mapping[tuple[str, str], torch.Size]) -> Summaries:
    found: dict[str, dict[str, Tensor]] = {}
    parts = torch.split(flat, [shape.numel() for shape in shapes.values()])
    for ((name, key), shape), part in zip(shapes.items(), parts, strict=True):
        found.setdefault(name, {})[key] = part.view(shape)
    return found


def _as_first(losses: LossValues, group: ProcessGroup, like: Image) -> LossValues:
    """Return the losses of rank 0, since other machines may round the last bit differently."""
    numbers = group.broadcast([float(losses.total), *(float(value) for value in losses.terms.values())])
    total, *terms = like.new_tensor(numbers)
    return LossValues(total, dict(zip(losses.terms, terms, strict=True)))
