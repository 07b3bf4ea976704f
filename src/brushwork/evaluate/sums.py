"""Sums over a picture, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from brushwork.evaluate.layout import Lattice, Layout
from brushwork.perception.encoder import Encoder
from brushwork.perception.flags import as_given
from brushwork.perception.native.crop import crop
from brushwork.perception.native.moments import takes
from brushwork.picture.window import Size, Window
from brushwork.terms.term import Sum
from brushwork.types import Feature, Features, Summaries


def layout_of(encoder: Encoder, terms: Mapping[str, Sum], picture: Size) -> Layout:
    """The layout of a picture at the taps of some terms."""
    return Layout.of(encoder, reaches(terms), picture)


def reaches(terms: Mapping[str, Sum]) -> dict[str, int]:
    """How many cells beyond their own the terms at each tap look at."""
    found: dict[str, int] = {}
    for term in terms.values():
        found[term.tap] = max(found.get(term.tap, 0), term.reach)
    return found


def summarize(terms: Mapping[str, Sum], features: Features, layout: Layout, own: Window) -> Summaries:
    """The sums over the cells that belong to some pixels, from the features of `layout.outer(own)`."""
    outer = layout.outer(own)
    found, seen = {}, dict[tuple[str, int], Feature]()
    for name, term in terms.items():
        lattice, view = layout.lattices[term.tap], (term.tap, term.reach)
        window = lattice.owned(own)
        if view not in seen:  # terms that look at the same share it, and what they ask of it is gathered
            seen[view] = cut(features[term.tap], lattice, outer, window.grown(term.reach))
        with as_given(seen[view].device):
            found[name] = term.summarize(seen[view], window)
    return found


def cut(feature: Feature, lattice: Lattice, outer: Window, cells: Window) -> Feature:
    """Some cells, out of the features of a part of the picture."""
    stride = lattice.geometry.stride
    top, left = cells.top - outer.top // stride, cells.left - outer.left // stride
    rows, columns = slice(top, top + cells.height), slice(left, left + cells.width)
    if feature.requires_grad and takes(feature):
        return crop(feature, rows, columns)
    return feature[..., rows, columns]


def added(summaries: Iterable[Summaries]) -> Summaries:
    """Summaries of disjoint parts together, added in float64 where the device has it."""
    totals: dict[str, dict[str, Tensor]] = {}
    for summary in summaries:
        for name, sums in summary.items():
            known = totals.setdefault(name, {})
            for key, value in sums.items():
                more = precise(value.detach())
                known[key] = known[key] + more if key in known else more
    return totals


def as_wide(sums: Summaries, dtype: torch.dtype) -> Summaries:
    """In the precision of features of a type: float32 at least."""
    wide = torch.promote_types(dtype, torch.float32)
    return {name: {key: value.to(wide) for key, value in one.items()} for name, one in sums.items()}


def precise(sums: Tensor) -> Tensor:
    """In float64, where the device has it."""
    return sums if sums.device.type == "mps" else sums.double()


def pulls(sums: Summaries, slopes: Summaries) -> list[tuple[Tensor, Tensor]]:
    """The sums that have a graph, each with its ∂score/∂S."""
    return [
        (value, slopes[name][key].to(value.dtype))
        for name, summary in sums.items()
        for key, value in summary.items()
        if value.requires_grad and key in slopes[name]
    ]


def pulled(sums: Summaries, slopes: Summaries, leaf: Tensor) -> Tensor:
    """∂score/∂S, pulled back through the sums to what they were made of."""
    pairs = pulls(sums, slopes)
    if not pairs:
        return torch.zeros_like(leaf)
    values, given = zip(*pairs, strict=True)
    return torch.autograd.grad(values, leaf, given)[0]
