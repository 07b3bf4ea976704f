"""Evaluation of pictures of any size: exact, tile by tile, in two passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, Self, TypeAlias

import torch
from torch.utils.checkpoint import checkpoint

from brushwork.errors import InputError
from brushwork.evaluate.forgetting import Forgetting
from brushwork.evaluate.sight import Sight
from brushwork.evaluate.streamed import Flow
from brushwork.evaluate.sums import added, as_wide, layout_of, pulls, summarize
from brushwork.objective import Objective
from brushwork.perception.encoder import PIXELS, Encoder
from brushwork.perception.native.moments import slopes_alone, takes
from brushwork.perception.native.readers import using_up
from brushwork.picture.window import Size, Window
from brushwork.terms.term import Sum
from brushwork.types import Evaluate, Feature, Features, Image, Losses, Summaries

Combine: TypeAlias = Callable[[Summaries], Summaries]
"""What becomes of the sums between the passes. They are in float64 (on `mps` in float32), and have no graph."""


class Tiling(NamedTuple):
    """Looking at a picture part by part, see `tiled`. Pictures no larger than a part lose nothing by it."""

    side: int
    """Pixels of a tile, halo included; row after row, as many are in memory as a tile has."""
    kept: int = 1
    """Parts that are kept between the passes, the one that is looked at in any case among them."""

    def __str__(self) -> str:
        kept = f", {self.kept} of them kept between the passes" if self.kept > 1 else ""
        return f"parts of {self.side}×{self.side} pixels{kept}"


def tiled(
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
    steps are made row after row, see `Flow`, as many rows at a time as a tile has pixels, and tiles' overlap is saved.

    To share a picture among machines, give each its `own` pixels (a window that begins at multiples of the layout's
    stride, and ends there or at the border), and let `combine` add up the sums of all. The picture to evaluate is then
    `layout.outer(own)`: the own pixels, and those that their cells look at. Its gradient is what the own cells
    contribute; that of the halo is to be added to the neighbor's.

    Raises: NotAdditive: a term is no sum over positions.
    """
    terms = objective.additive

    def evaluate(image: Image) -> Losses:
        eye = _Eye.on(encoder, terms, image, own)
        if flow := Flow.over(eye, side, kept - 1):
            return _streamed(objective, flow, combine)
        tiles, looks = eye.layout.tiles(side, eye.own), list[_Look]()
        at_once, twice = tiles[:kept], eye.layout.alike(tiles[kept:], image.device)
        sums = combine(added(eye.sums(at_once, twice, looks)))
        losses, slopes = slope(objective, sums, image.dtype)
        for look in _emptied(looks):
            eye.pull(look, slopes)
        for tile in twice:
            with slopes_alone():
                look = eye.look(tile)
            eye.pull(look, slopes)
        return losses

    return evaluate


def _streamed(objective: Objective, flow: Flow, combine: Combine) -> Losses:
    losses, slopes = slope(objective, combine(added(flow.sums())), flow.image.dtype)
    flow.pull(slopes)
    return losses


@torch.no_grad()
def summed(
    encoder: Encoder,
    sums: Mapping[str, Sum],
    picture: Image,
    side: int,
    *,
    own: Window | None = None,
    combine: Combine = lambda sums: sums,
) -> Summaries:
    """Sums over a picture, part by part as in `tiled`; shared among machines likewise, by `own` and `combine`."""
    eye = _Eye.on(encoder, sums, picture, own)
    flow = Flow.over(eye, side)
    total = combine(added(flow.sums() if flow else eye.each(side)))
    return as_wide(total, picture.dtype)


def slope(objective: Objective, sums: Summaries, dtype: torch.dtype) -> tuple[Losses, Summaries]:
    """The losses, and their derivative by each sum: ∂score/∂S."""
    leaves = {
        name: {key: value.detach().requires_grad_() for key, value in summary.items()}
        for name, summary in as_wide(sums, dtype).items()
    }
    with torch.enable_grad():
        losses = objective.score(leaves)
        losses.total.backward()  # type: ignore[no-untyped-call]
    slopes = {
        name: {key: value.grad for key, value in summary.items() if value.grad is not None}
        for name, summary in leaves.items()
    }
    return Losses(losses.total.detach(), {name: value.detach() for name, value in losses.terms.items()}), slopes


class _Look(NamedTuple):
    """A tile that was looked at, with a graph."""

    outer: Window
    leaf: Image
    sums: Summaries


def _emptied(looks: list[_Look]) -> Iterator[_Look]:
    """One after the other, each forgotten as soon as it is done with."""
    while looks:
        yield looks.pop()


@dataclass(frozen=True)
class _Eye(Sight):
    """A network that looks tile by tile."""

    @classmethod
    def on(cls, encoder: Encoder, terms: Mapping[str, Sum], image: Image, own: Window | None) -> Self:
        own = own or Window.whole(Size.of(image))
        layout = layout_of(encoder, terms, own.of)
        present = layout.outer(own) if own != Window.whole(own.of) else own
        if Size.of(image) != (present.height, present.width):
            raise InputError(
                f"{own} is to be evaluated, and the picture has {Size.of(image)} pixels: it must be that window with "
                f"its halo, {present.width}×{present.height}."
            )
        return cls(encoder, terms, image, own, present, layout)

    def each(self, side: int) -> Iterator[Summaries]:
        """The sums of every tile; where only memory counts, of one of each size."""
        for tile in self.layout.alike(self.layout.tiles(side, self.own), self.image.device):
            yield self.look(tile).sums

    def sums(self, at_once: Sequence[Window], twice: Sequence[Window], looks: list[_Look]) -> Iterator[Summaries]:
        """The sums of every tile. Those `at_once` are looked at with a graph, and put into `looks`."""
        with torch.no_grad():
            for tile in twice:
                yield self.look(tile).sums
        for index, tile in enumerate(at_once, start=1):
            looks.append(self.look(tile) if index == len(at_once) else self.glance(tile))
            yield looks[-1].sums

    def look(self, tile: Window) -> _Look:
        outer, leaf = self._leaf(tile)
        features = self.encoder(leaf, self.layout.lattices)
        with using_up(features[term.tap] for term in self.terms.values()):
            return _Look(outer, leaf, summarize(self.terms, features, self.layout, tile))

    def glance(self, tile: Window) -> _Look:
        """A look whose graph forgets the first layers' features, and computes them again."""
        outer, leaf = self._leaf(tile)
        taps = [tap for tap, lattice in self.layout.lattices.items() if tap != PIXELS and lattice.geometry.stride <= 2]
        forgetting = Forgetting(partial(self._features, leaf.detach(), taps))
        with forgetting.hooks:
            features = self.encoder(leaf, self.layout.lattices)
            sums = self._sums_to_forget(tile, features, taps)
        forgetting.forget({tap: features[tap] for tap in taps})
        return _Look(outer, leaf, sums)

    def _sums_to_forget(self, tile: Window, features: Features, taps: Sequence[str]) -> Summaries:
        """Sums whose graph has no copies of the features at some taps, which would not be forgotten."""
        if all(takes(features[tap]) for tap in taps):  # their sums keep the very features
            return self._sums(tile, *features.values())
        found: Summaries = checkpoint(partial(self._sums, tile), *features.values(), use_reentrant=False)
        return found

    def _sums(self, tile: Window, *features: Feature) -> Summaries:
        return summarize(self.terms, dict(zip(self.layout.lattices, features, strict=True)), self.layout, tile)

    @torch.no_grad()
    def _features(self, leaf: Image, taps: Sequence[str]) -> Features:
        found: Features = self.encoder(leaf, taps)
        return found

    def _leaf(self, tile: Window) -> tuple[Window, Image]:
        outer = self.layout.outer(tile)
        return outer, outer.within(self.present).crop(self.image.detach()).requires_grad_()

    def pull(self, look: _Look, slopes: Summaries) -> None:
        """Add to the image's gradient what the tile contributes."""
        sums, gradients = zip(*pulls(look.sums, slopes), strict=True)
        torch.autograd.backward(sums, gradients)
        if self.image.grad is None:
            self.image.grad = torch.zeros_like(self.image)
        if look.leaf.grad is not None:
            look.outer.within(self.present).crop(self.image.grad).add_(look.leaf.grad)
