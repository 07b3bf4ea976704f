"""Terms that look at the picture itself, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from brushwork.evaluate.sight import Sight
from brushwork.evaluate.sums import pulled, summarize
from brushwork.perception.encoder import PIXELS
from brushwork.picture.window import Window
from brushwork.types import Image, Summaries

FEW = 2**16
"""Pixels that are looked at together: they stay in the caches, and torch's memory for them is used again."""


@dataclass(frozen=True)
class Flat(Sight):
    """Terms over the pixels of an image."""

    def sums(self) -> Iterator[Summaries]:
        for tile in self._tiles():
            yield self._sums(self._around(tile).crop(self.image), tile)

    def pull(self, slopes: Summaries) -> None:
        """Add to the image's gradient what ∂score/∂S gives."""
        assert self.image.grad is not None
        for tile in self._tiles():
            around = self._around(tile)
            leaf = around.crop(self.image.detach()).requires_grad_()
            around.crop(self.image.grad).add_(pulled(self._sums(leaf, tile), slopes, leaf))

    def _tiles(self) -> list[Window]:
        own, rows = self.own, max(1, FEW // self.own.width)
        tops = range(own.top, own.bottom, rows) if self.terms else ()
        tiles = [Window(top, own.left, min(rows, own.bottom - top), own.width, own.of) for top in tops]
        return tiles[:1] + tiles[-1:] if self.image.is_meta else tiles  # where only memory counts, they are alike

    def _around(self, tile: Window) -> Window:
        return self.layout.outer(tile).within(self.present)

    def _sums(self, pixels: Image, tile: Window) -> Summaries:
        return summarize(self.terms, {PIXELS: pixels}, self.layout, tile)
