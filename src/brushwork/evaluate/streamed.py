"""Evaluation of pictures of any size, row after row: exact, in two passes, and no cell is computed for its neighbors.

Where the compiled part computes the network. It takes 1.4 times as long as looking at the whole at once, whatever the
size, since the second pass computes the features again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

import torch
from torch import Tensor

from brushwork.evaluate.layout import Layout
from brushwork.evaluate.sums import pulls, summarize
from brushwork.perception.encoder import PIXELS, Encoder
from brushwork.perception.flags import as_given
from brushwork.perception.native.chain import Step
from brushwork.perception.native.crop import crop
from brushwork.perception.native.moments import slopes_alone
from brushwork.perception.native.readers import using_up
from brushwork.perception.native.stream import Rows, Stream
from brushwork.picture.window import Size, Window
from brushwork.terms.term import Sum
from brushwork.types import Image, Summaries

STEP = 96
"""Rows that are shown together come in multiples of this, so that Winograd's tiles fill the maps."""


ENOUGH = 640
"""Rows after which memory does not grow any more: twice what the deepest layers of VGG-19 look at."""


def streams(encoder: Encoder, terms: Mapping[str, Sum], image: Image) -> bool:
    """Whether some terms can be evaluated so: by the compiled part, and at each cell by itself."""
    steps = encoder.steps(term.tap for term in terms.values())
    alone = all(term.reach == 0 or term.tap == PIXELS for term in terms.values())
    known = image.shape[0] == 1 and image.dtype == torch.float32 and image.device.type in ("cpu", "meta")
    return bool(steps) and alone and known


@dataclass(frozen=True)
class Strip:
    """A part of the picture of its whole height, and what its cells look at."""

    own: Window
    outer: Window

    def shortened(self, rows: int) -> Strip:
        """The same with fewer rows, where only memory counts: enough to begin, to go on, and to end."""
        left_out = max(0, self.outer.height // rows - 2 - ceil(ENOUGH / rows)) * rows
        return Strip(self.own, replace(self.outer, height=self.outer.height - left_out))


def strips(layout: Layout, own: Window, area: int) -> tuple[list[Strip], int]:
    """As few strips as possible, and how many rows of them are shown at a time, so that `area` pixels are in memory.

    Rows are in memory until the gradient has passed them: two halos longer than they are shown.
    """
    halo, stride = layout.halo, layout.stride
    cells = max(1, layout.deepest.owned(own).width)
    for count in range(1, cells + 1):
        width = ceil(cells / count) * stride
        outer = min(own.of.width, width + (2 * halo if count > 1 else 0))
        rows = area // outer - 2 * halo
        if rows >= 2 * STEP or width <= max(2 * halo, STEP):
            break
    cuts = [own.left + round(index * cells / count) * stride for index in range(count)] + [own.right]
    parts = [Window(own.top, left, own.height, right - left, own.of) for left, right in pairwise(cuts)]
    return [Strip(part, layout.outer(part)) for part in parts], max(STEP, rows // STEP * STEP)


@dataclass(frozen=True)
class Flow:
    """A picture that goes through a network from above, strip by strip."""

    encoder: Encoder
    terms: Mapping[str, Sum]
    image: Image
    own: Window
    present: Window
    """Where the image lies in the picture."""
    layout: Layout
    area: int
    """Pixels that are in memory at a time, about."""

    def sums(self) -> Iterator[Summaries]:
        """The sums of every term, bit by bit."""
        with torch.no_grad():
            for tile in self._tiles_of_pixels():
                yield self._of_pixels(self._pixels(tile), tile)
            for strip, rows in self._strips():
                stream = self._stream(strip, keeps=False)
                for found in self._shown(stream, strip, rows):
                    for tap, new in found.items():
                        yield self._of_cells(tap, new, strip)

    def pull(self, slopes: Summaries) -> None:
        """Add to the image's gradient what ∂score/∂S gives."""
        if self.image.grad is None:
            self.image.grad = torch.zeros_like(self.image)
        for tile in self._tiles_of_pixels():
            leaf = self._pixels(tile).detach().requires_grad_()
            self._add(_pulled(self._of_pixels(leaf, tile), slopes, leaf), self._around(tile))
        for strip, rows in self._strips():
            stream = self._stream(strip, keeps=True)
            for found in self._shown(stream, strip, rows):
                planes = stream.pull({tap: self._asked(tap, new, strip, slopes) for tap, new in found.items()})
                if planes is not None:
                    self._add_planes(planes, strip)

    def _strips(self) -> Iterator[tuple[Strip, int]]:
        parts, rows = strips(self.layout, self.own, self.area)
        for part in parts:
            yield (part if self.image.device.type != "meta" else part.shortened(rows)), rows

    def _stream(self, strip: Strip, *, keeps: bool) -> Stream:
        steps: Sequence[Step] = self.encoder.steps(self.layout.lattices) or ()
        return Stream(steps, Size(strip.outer.height, strip.outer.width), self.image, keeps=keeps)

    @torch.no_grad()
    def _shown(self, stream: Stream, strip: Strip, rows: int) -> Iterator[dict[str, Rows]]:
        for bottom in [*range(rows, strip.outer.height, rows), strip.outer.height]:
            top = stream.wanted
            yield stream.show(self.encoder.preprocess(self._rows(strip, top, bottom)), top)

    def _rows(self, strip: Strip, top: int, bottom: int) -> Image:
        """Some rows of a strip, counted from its own top."""
        return self._place(strip, top, bottom).crop(self.image.detach())

    def _place(self, strip: Strip, top: int, bottom: int) -> Window:
        outer = strip.outer
        return Window(outer.top + top, outer.left, bottom - top, outer.width, outer.of).within(self.present)

    def _of_cells(self, tap: str, new: Rows, strip: Strip) -> Summaries:
        """The sums over a tap's new rows, as far as they belong to the strip."""
        terms = {name: term for name, term in self.terms.items() if self.encoder.tap(term.tap) == tap}
        lattice = next(self.layout.lattices[term.tap] for term in terms.values())
        cells, stride = lattice.owned(strip.own), lattice.geometry.stride
        above, left = strip.outer.top // stride + new.top, cells.left - strip.outer.left // stride
        first, last = max(cells.top, above), min(cells.bottom, above + new.feature.shape[-2])
        if last <= first:
            return {}
        window = Window(first, cells.left, last - first, cells.width, cells.of)
        seen = crop(new.feature, slice(first - above, last - above), slice(left, left + cells.width))
        with as_given(seen.device):
            return {name: term.summarize(seen, window) for name, term in terms.items()}

    def _asked(self, tap: str, new: Rows, strip: Strip, slopes: Summaries) -> Tensor:
        """The gradient at a tap's new rows, by their sums alone; as rows, columns, channels."""
        leaf = new.feature.detach().requires_grad_()
        readers = sum(self.encoder.tap(term.tap) == tap for term in self.terms.values())
        with torch.enable_grad(), slopes_alone(), using_up([leaf] * readers):
            sums = self._of_cells(tap, Rows(new.top, leaf), strip)
        return _pulled(sums, slopes, leaf)[0].permute(1, 2, 0)

    def _add_planes(self, planes: Rows, strip: Strip) -> None:
        place = self._place(strip, planes.top, planes.top + planes.feature.shape[-2])
        leaf = place.crop(self.image.detach()).requires_grad_()
        with torch.enable_grad():
            shown = self.encoder.preprocess(leaf)
        self._add(torch.autograd.grad(shown, leaf, planes.feature)[0], place)

    def _add(self, gradient: Image, place: Window) -> None:
        assert self.image.grad is not None
        place.crop(self.image.grad).add_(gradient)

    @property
    def _flat(self) -> dict[str, Sum]:
        """The terms that look at the picture itself."""
        return {name: term for name, term in self.terms.items() if term.tap == PIXELS}

    def _tiles_of_pixels(self) -> list[Window]:
        if not self._flat:
            return []
        own, rows = self.own, max(1, self.area // self.own.width)
        tops = range(own.top, own.bottom, rows)
        return [Window(top, own.left, min(rows, own.bottom - top), own.width, own.of) for top in tops]

    def _around(self, tile: Window) -> Window:
        reach = max(term.reach for term in self._flat.values())
        return tile.grown(reach).within(self.present)

    def _pixels(self, tile: Window) -> Image:
        return self._around(tile).crop(self.image.detach())

    def _of_pixels(self, pixels: Image, tile: Window) -> Summaries:
        layout = Layout.of(self.encoder, {PIXELS: max(term.reach for term in self._flat.values())}, tile.of)
        return summarize(self._flat, {PIXELS: pixels}, layout, tile)


def _pulled(sums: Summaries, slopes: Summaries, leaf: Tensor) -> Tensor:
    """∂score/∂S, pulled back through the sums to what they were made of."""
    pairs = pulls(sums, slopes)
    if not pairs:
        return torch.zeros_like(leaf)
    values, given = zip(*pairs, strict=True)
    return torch.autograd.grad(values, leaf, given)[0]
