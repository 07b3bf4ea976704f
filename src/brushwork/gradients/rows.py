"""Exact loss and gradient of images of any size, row by row in two passes, without overlapping halos.

This needs the native backend. Losses on the pixels themselves are evaluated a few rows at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from typing import Self

import torch
from torch import Tensor

from brushwork.encoders.encoder import PIXELS
from brushwork.encoders.native.arena import allocate
from brushwork.encoders.native.crop import crop_feature
from brushwork.encoders.native.row_pipeline import RowPipeline, SavedRows
from brushwork.encoders.native.row_step import FeatureRows
from brushwork.encoders.native.statistics import gradients_only, reuse_memory
from brushwork.encoders.torch_flags import exact_precision
from brushwork.gradients.partial_sums import make_layout, sum_gradient, summarize
from brushwork.gradients.strips import Strip, count_passes, split_strips
from brushwork.gradients.view import ImageView
from brushwork.images.geometry import Window
from brushwork.losses.loss import AdditiveStatistic
from brushwork.storage.mapped import drop_pages
from brushwork.types import Feature, Image, Summaries

_ALIKE = 2
"""Number of parts to keep on `meta`, where only memory counts; the others have the same size."""

PIXELS_AT_ONCE = 2**16
"""Number of pixels to process together: they stay in the caches, and torch reuses their memory."""


@dataclass(frozen=True)
class RowStream:
    """An image that passes through a network from top to bottom, strip by strip."""

    view: ImageView
    area: int
    """Approximate number of pixels in memory at a time."""
    keeps: int = 0
    """Number of last passes whose results are kept for the backward pass."""
    _kept: deque[SavedRows] = field(default_factory=deque)
    _meta_memory: list[Tensor] = field(default_factory=list)

    @classmethod
    def from_view(cls, view: ImageView, side: int, keeps: int = 0) -> Self | None:
        """Return the view as a row stream with as many pixels in memory as a tile of `side`, or None: use tiles."""
        if len(view.layout.tiles(side, view.window)) == 1 or not view.is_streamable:
            return None
        return cls(view, area=side**2, keeps=keeps)

    @torch.no_grad()
    def compute_features(self) -> Iterator[tuple[str, Window, Feature]]:
        """Yield every layer's features at the positions of the own pixels, part by part."""
        if PIXELS in self.view.layout.grids:
            yield PIXELS, self.view.window, self.view.window.relative_to(self.view.present).crop(self.view.image)
        for stream, strip, bottom, _ in self._passes():
            found = self._run_pass(stream, strip, bottom)
            for name in self.view.layout.grids:
                new = found.get(self.view.encoder.layer(name))
                if new is not None and (feature := self._feature_of(name, new, strip)):
                    yield name, *feature

    @torch.no_grad()
    def compute_sums(self) -> Iterator[Summaries]:
        """Yield the sums of every loss, part by part."""
        yield from self._flat.compute_sums()
        for stream, strip, bottom, keeps in self._passes():
            found = self._run_pass(stream, strip, bottom, keeps=keeps)
            if keeps:
                self._keep(stream.save_rows(found))
            while found:
                yield self._sums(*found.popitem(), strip)

    def backward(self, gradients: Summaries) -> None:
        """Backpropagate ∂score/∂S and add the result to the image's gradient."""
        if self.view.image.grad is None:
            self.view.image.grad = torch.zeros_like(self.view.image)
        self._flat.backward(gradients)
        for stream, strip, bottom, kept in self._passes():
            found = self._run_pass(stream, strip, bottom, keeps=True, known=self._next_saved() if kept else None)
            while found:
                stream.add_gradient(*self._gradient_of_sums(*found.popitem(), strip, gradients))
            self._add(stream.backward_rows(), strip)

    def _keep(self, kept: SavedRows) -> None:
        """Keep rows for the second pass.

        On `meta`, where only memory counts, the first rows stand for all but the last.
        """
        if self.view.image.is_meta and not self._kept:
            count = min(self.keeps, count_passes(self._strips))
            self._meta_memory.append(self.view.image.new_empty(max(0, count - _ALIKE), kept.nbytes, dtype=torch.uint8))
        self._kept.append(kept)

    def _next_saved(self) -> SavedRows:
        self._meta_memory.clear()
        return self._kept.popleft()

    @property
    def _flat(self) -> PixelLosses:
        terms = {name: term for name, term in self.view.losses.items() if term.layer == PIXELS}
        layout = make_layout(self.view.encoder, terms, self.view.window.full_size)
        return PixelLosses(replace(self.view, losses=terms, layout=layout))

    @property
    def _strips(self) -> list[Strip]:
        return split_strips(self.view.layout, self.view.window, self.area)

    def _passes(self) -> Iterator[tuple[RowPipeline, Strip, int, bool]]:
        """Yield the passes: pipeline, strip, the row that ends its input, and whether to keep the results."""
        steps, parts = self.view.encoder.native_steps(self.view.layout.grids) or (), self._strips
        if self.view.image.is_meta:
            parts = [max(parts, key=lambda part: part.outer.width).shorten(_ALIKE)]
        keeps = min(self.keeps, _ALIKE) if self.view.image.is_meta else self.keeps
        left = count_passes(parts) - keeps
        for part in parts:
            stream = RowPipeline(steps, part.outer.size, self.view.image)
            for bottom in part.bottoms:
                left -= 1
                yield stream, part, bottom, left < 0
                drop_pages()

    def _run_pass(
        self, stream: RowPipeline, strip: Strip, bottom: int, *, keeps: bool = False, known: SavedRows | None = None
    ) -> dict[str, FeatureRows]:
        """Return the new rows of every layer, after feeding the strip's rows up to `bottom`."""
        top = stream.first_needed_row
        return stream.forward_rows(self._preprocess_rows(strip, top, bottom), top, keeps=keeps, known=known)

    @torch.no_grad()
    def _preprocess_rows(self, strip: Strip, top: int, bottom: int) -> Image:
        shown = allocate(self.view.image, (1, self.view.image.shape[1], bottom - top, strip.outer.width))
        for first, last in self._row_chunks(strip, top, bottom):
            part = self._place(strip, first, last).crop(self.view.image.detach())
            shown[:, :, first - top : last - top] = self.view.encoder.preprocess(part)
        return shown

    def _row_chunks(self, strip: Strip, top: int, bottom: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of a few rows; on `meta`, where only memory counts, only the first."""
        parts = pairwise([*range(top, bottom, max(1, PIXELS_AT_ONCE // strip.outer.width)), bottom])
        return islice(parts, 1 if self.view.image.is_meta else None)

    def _place(self, strip: Strip, top: int, bottom: int) -> Window:
        """Return the window of a strip's rows in the present image."""
        outer = strip.outer
        return Window(outer.top + top, outer.left, bottom - top, outer.width, outer.full_size).relative_to(
            self.view.present
        )

    def _terms(self, layer: str) -> dict[str, AdditiveStatistic]:
        return {name: term for name, term in self.view.losses.items() if self.view.encoder.layer(term.layer) == layer}

    def _sums(self, layer: str, new: FeatureRows, strip: Strip) -> Summaries:
        """Compute the sums over those of a layer's new rows that belong to the strip."""
        terms = self._terms(layer)
        seen = self._feature_of(next(term.layer for term in terms.values()), new, strip)
        if seen is None:
            return {}
        window, feature = seen
        with exact_precision(feature.device):
            return {name: term.summarize(feature, window) for name, term in terms.items()}

    def _feature_of(self, name: str, new: FeatureRows, strip: Strip) -> tuple[Window, Feature] | None:
        """Return the window of the strip's positions among a layer's new rows, and their features; None if none."""
        grid = self.view.layout.grids[name]
        positions, stride = grid.owned_positions(strip.own), grid.geometry.stride
        above, left = strip.outer.top // stride + new.top, positions.left - strip.outer.left // stride
        first, last = max(positions.top, above), min(positions.bottom, above + new.feature.shape[-2])
        if last <= first:
            return None
        feature = crop_feature(new.feature, slice(first - above, last - above), slice(left, left + positions.width))
        return Window(first, positions.left, last - first, positions.width, positions.full_size), feature

    def _gradient_of_sums(self, layer: str, new: FeatureRows, strip: Strip, gradients: Summaries) -> tuple[str, Tensor]:
        """Return the layer, and its sums' gradient at its new rows, as rows, columns, channels."""
        leaf = new.feature.detach().requires_grad_()
        with torch.enable_grad(), gradients_only(), reuse_memory([leaf] * len(self._terms(layer))):
            sums = self._sums(layer, FeatureRows(new.top, leaf), strip)
        return layer, sum_gradient(sums, gradients, leaf)[0].permute(1, 2, 0)

    def _add(self, planes: FeatureRows | None, strip: Strip) -> None:
        """Backpropagate the gradient at the network's input to the image, and add the result to the image's."""
        if planes is None or self.view.image.grad is None:
            return
        for first, last in self._row_chunks(strip, planes.top, planes.top + planes.feature.shape[-2]):
            place = self._place(strip, first, last)
            leaf = place.crop(self.view.image.detach()).requires_grad_()
            with torch.enable_grad():
                shown = self.view.encoder.preprocess(leaf)
            given = planes.feature[:, :, first - planes.top : last - planes.top]
            place.crop(self.view.image.grad).add_(torch.autograd.grad(shown, leaf, given)[0])


@dataclass(frozen=True)
class PixelLosses:
    """Losses on the pixels of an image."""

    view: ImageView

    def compute_sums(self) -> Iterator[Summaries]:
        for tile in self._tiles():
            yield self._sums(self._around(tile).crop(self.view.image), tile)

    def backward(self, gradients: Summaries) -> None:
        """Backpropagate ∂score/∂S and add the result to the image's gradient."""
        assert self.view.image.grad is not None
        for tile in self._tiles():
            around = self._around(tile)
            leaf = around.crop(self.view.image.detach()).requires_grad_()
            around.crop(self.view.image.grad).add_(sum_gradient(self._sums(leaf, tile), gradients, leaf))

    def _tiles(self) -> list[Window]:
        rows = max(1, PIXELS_AT_ONCE // self.view.window.width)
        tiles = self.view.window.strips(rows) if self.view.losses else []
        return tiles[:1] + tiles[-1:] if self.view.image.is_meta else tiles  # on meta, only memory counts

    def _around(self, tile: Window) -> Window:
        return self.view.layout.receptive_window(tile).relative_to(self.view.present)

    def _sums(self, pixels: Image, tile: Window) -> Summaries:
        return summarize(self.view.losses, {PIXELS: pixels}, self.view.layout, tile)
