"""Terms that look at the picture itself, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from brushwork.evaluate.sight import TileView
from brushwork.evaluate.sums import sum_gradient, summarize
from brushwork.perception.encoder import PIXELS
from brushwork.picture.window import Window
from brushwork.types import Image, Summaries

FEW = 2**16
"""Pixels that are looked at together: they stay in the caches, and torch's memory for them is used again."""


@dataclass(frozen=True)
class PixelLosses(TileView):
    """Terms over the pixels of an image."""

    def compute_sums(self) -> Iterator[Summaries]:
        for tile in self._tiles():
            yield self._sums(self._around(tile).crop(self.image), tile)

    def backward(self, gradients: Summaries) -> None:
        """Add to the image's gradient what ∂score/∂S gives."""
        assert self.image.grad is not None
        for tile in self._tiles():
            around = self._around(tile)
            leaf = around.crop(self.image.detach()).requires_grad_()
            around.crop(self.image.grad).add_(sum_gradient(self._sums(leaf, tile), gradients, leaf))

    def _tiles(self) -> list[Window]:
        own, rows = self.window, max(1, FEW // self.window.width)
        tops = range(own.top, own.bottom, rows) if self.losses else ()
        tiles = [Window(top, own.left, min(rows, own.bottom - top), own.width, own.full_size) for top in tops]
        return tiles[:1] + tiles[-1:] if self.image.is_meta else tiles  # where only memory counts, they are alike

    def _around(self, tile: Window) -> Window:
        return self.layout.receptive_window(tile).relative_to(self.present)

    def _sums(self, pixels: Image, tile: Window) -> Summaries:
        return summarize(self.losses, {PIXELS: pixels}, self.layout, tile)
