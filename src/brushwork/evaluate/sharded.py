"""Evaluation of a picture that several ranks hold, each a band of its rows."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from brushwork.evaluate.bands import Bands, Rows, bands
from brushwork.evaluate.layout import Layout
from brushwork.evaluate.sums import as_wide, layout_of, precise
from brushwork.evaluate.tiled import Combine, summed, tiled
from brushwork.evaluate.traffic import fold, move
from brushwork.evaluate.wire import Wire
from brushwork.objective import Objective
from brushwork.perception.encoder import Encoder
from brushwork.picture.window import Size, Window
from brushwork.terms.term import Sum
from brushwork.types import Evaluate, Image, Losses, Summaries


def sharded(
    encoder: Encoder, objective: Objective, side: int, *, size: Size, have: Bands, wire: Wire, kept: int = 1
) -> Evaluate:
    """Evaluate an objective over a picture of a size, of which every rank has the rows that `have` says.

    The image that is evaluated, and its gradient, are the rank's own rows. At each closure the ranks exchange the rows
    that their cells look at, compute the sums of their own tiles, add those up over all ranks, and give the gradient
    of the borrowed rows back. The losses are the same on every rank, to the last bit: decisions are made by them.

    `have` must divide the rows at multiples of the layout's stride. The targets of terms that compare position by
    position need hold only the own cells (see `Content.top`). For `side` and `kept` see `tiled`.

    Raises: NotAdditive: a term is no sum over positions. RankLost: while evaluating.
    """
    layout = layout_of(encoder, objective.additive, size)
    own = [Window(rows.top, 0, rows.height, size.width, size) for rows in have]
    want = tuple(_looked_at(layout, window) for window in own)
    combine = _added_up(wire, next(encoder.parameters()).device)
    part = tiled(encoder, objective, side, kept=kept, own=own[wire.rank], combine=combine)

    def evaluate(image: Image) -> Losses:
        present = move(image.detach(), have, want, wire).requires_grad_()
        if have[wire.rank].height:
            losses = part(present)
        else:
            combine({})
            losses = Losses(torch.zeros(()), {name: torch.zeros(()) for name in objective.terms})
        pulled = torch.zeros_like(present) if present.grad is None else present.grad
        gradient = fold(pulled, want, have, wire)
        image.grad = gradient if image.grad is None else image.grad + gradient
        return _as_first(losses, wire, image)

    return evaluate


def summed_together(encoder: Encoder, sums: Mapping[str, Sum], picture: Image, *, side: int, wire: Wire) -> Summaries:
    """Sums over a whole picture that every rank has, of which each looks at a band."""
    size, combine = Size.of(picture), _added_up(wire, picture.device)
    layout = layout_of(encoder, sums, size)
    rows = bands(size.height, wire.count, layout.stride, layout.halo)[wire.rank]
    if not rows.height:
        return as_wide(combine({}), picture.dtype)
    own = Window(rows.top, 0, rows.height, size.width, size)
    return summed(encoder, sums, layout.outer(own).crop(picture), side, own=own, combine=combine)


def _looked_at(layout: Layout, own: Window) -> Rows:
    """The rows that must be present to evaluate some of them."""
    outer = layout.outer(own) if own.height else own
    return Rows(outer.top, outer.bottom)


def _added_up(wire: Wire, device: torch.device) -> Combine:
    """The sums of all ranks. What there is to be summed, ranks without rows learn from rank 0, once."""
    shapes: dict[tuple[str, str], torch.Size] = {}

    def combine(sums: Summaries) -> Summaries:
        if not shapes:
            mine = {(name, key): value.shape for name, summary in sums.items() for key, value in summary.items()}
            shapes.update(wire.first(mine))
        if sums:
            flat = torch.cat([sums[name][key].reshape(-1) for name, key in shapes])
        else:
            flat = precise(torch.zeros(sum(shape.numel() for shape in shapes.values()), device=device))
        return _named(wire.sum(flat), shapes)

    return combine


def _named(flat: Tensor, shapes: Mapping[tuple[str, str], torch.Size]) -> Summaries:
    found: dict[str, dict[str, Tensor]] = {}
    parts = torch.split(flat, [shape.numel() for shape in shapes.values()])
    for ((name, key), shape), part in zip(shapes.items(), parts, strict=True):
        found.setdefault(name, {})[key] = part.view(shape)
    return found


def _as_first(losses: Losses, wire: Wire, like: Image) -> Losses:
    """The losses of rank 0: machines of another kind may round the last bit otherwise."""
    numbers = wire.first([float(losses.total), *(float(value) for value in losses.terms.values())])
    total, *terms = like.new_tensor(numbers)
    return Losses(total, dict(zip(losses.terms, terms, strict=True)))
