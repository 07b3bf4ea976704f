"""A picture looked at tile by tile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from torch.utils.checkpoint import checkpoint

from brushwork.evaluate.forgetting import Forgetting
from brushwork.evaluate.mapped import let_go
from brushwork.evaluate.sight import Sight
from brushwork.evaluate.sums import cut, pulls, summarize
from brushwork.perception.encoder import PIXELS
from brushwork.perception.native.moments import slopes_alone, takes
from brushwork.perception.native.readers import using_up
from brushwork.picture.window import Window
from brushwork.types import Feature, Features, Image, Summaries


class _Look(NamedTuple):
    """A tile that was looked at, with a graph."""

    outer: Window
    leaf: Image
    sums: Summaries


@dataclass(frozen=True)
class Tiles(Sight):
    """A picture in tiles that overlap by what their cells look at."""

    side: int
    """Pixels of a tile, halo included."""
    keeps: int = 0
    """Tiles whose graphs are kept between the passes."""
    _looks: list[_Look] = field(default_factory=list)

    @torch.no_grad()
    def features(self) -> Iterator[tuple[str, Window, Feature]]:
        """The cells at every tap that belong to the own pixels, tile by tile."""
        for tile in self._tiles(0):
            outer, leaf = self._leaf(tile)
            for tap, feature in self.encoder(leaf, self.layout.lattices).items():
                lattice = self.layout.lattices[tap]
                cells = lattice.owned(tile)
                yield tap, cells, cut(feature, lattice, outer, cells)

    def sums(self) -> Iterator[Summaries]:
        """The sums of every term, tile by tile."""
        with torch.no_grad():
            for tile in self._tiles(self.keeps):
                yield self._look(tile).sums
        kept = self.layout.tiles(self.side, self.own)[: self.keeps]
        for tile in kept:
            self._looks.append(self._look(tile) if tile is kept[-1] else self._glance(tile))
            yield self._looks[-1].sums

    def pull(self, slopes: Summaries) -> None:
        """Add to the image's gradient what ∂score/∂S gives."""
        while self._looks:
            self._pull(self._looks.pop(), slopes)
        for tile in self._tiles(self.keeps):
            with slopes_alone():
                look = self._look(tile)
            self._pull(look, slopes)

    def _tiles(self, first: int) -> Sequence[Window]:
        """From one on; where only memory counts, the largest."""
        return self.layout.alike(self.layout.tiles(self.side, self.own)[first:], self.image.device)

    def _look(self, tile: Window) -> _Look:
        outer, leaf = self._leaf(tile)
        features = self.encoder(leaf, self.layout.lattices)
        with using_up(features[term.tap] for term in self.terms.values()):
            return _Look(outer, leaf, summarize(self.terms, features, self.layout, tile))

    def _glance(self, tile: Window) -> _Look:
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
        let_go()
        outer = self.layout.outer(tile)
        return outer, outer.within(self.present).crop(self.image.detach()).requires_grad_()

    def _pull(self, look: _Look, slopes: Summaries) -> None:
        """Add to the image's gradient what a tile contributes."""
        sums, gradients = zip(*pulls(look.sums, slopes), strict=True)
        torch.autograd.backward(sums, gradients)
        if self.image.grad is None:
            self.image.grad = torch.zeros_like(self.image)
        if look.leaf.grad is not None:
            look.outer.within(self.present).crop(self.image.grad).add_(look.leaf.grad)
