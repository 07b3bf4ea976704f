"""Evaluation of an image tile by tile, with activation checkpointing for shallow layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from brushwork.encoders.encoder import PIXELS
from brushwork.encoders.native.statistics import gradients_only, is_supported, reuse_memory
from brushwork.gradients.partial_sums import crop_positions, summarize, sums_with_gradients
from brushwork.gradients.view import ImageView
from brushwork.images.geometry import Window
from brushwork.storage.mapped import drop_pages
from brushwork.types import Feature, Features, Image, Summaries


class _TilePass(NamedTuple):
    """An evaluated tile, usually with its graph."""

    outer: Window
    leaf: Image
    sums: Summaries


@dataclass(frozen=True)
class TiledView:
    """An image divided into tiles, which overlap by the receptive fields of their positions."""

    view: ImageView
    side: int
    """Side of a tile in pixels, halo included."""
    keeps: int = 0
    """Number of tiles whose graphs are kept between the passes."""
    _passes: list[_TilePass] = field(default_factory=list)

    @torch.no_grad()
    def compute_features(self) -> Iterator[tuple[str, Window, Feature]]:
        """Yield every layer's features at the positions of the own pixels, tile by tile."""
        for tile in self._tiles(0):
            outer, leaf = self._leaf(tile)
            for layer, feature in self.view.encoder(leaf, self.view.layout.grids).items():
                grid = self.view.layout.grids[layer]
                positions = grid.owned_positions(tile)
                yield layer, positions, crop_positions(feature, grid, outer, positions)

    def compute_sums(self) -> Iterator[Summaries]:
        """Yield the sums of every loss, tile by tile."""
        with torch.no_grad():
            for tile in self._tiles(self.keeps):
                yield self._evaluate(tile).sums
        kept = self.view.layout.tiles(self.side, self.view.window)[: self.keeps]
        for tile in kept:
            self._passes.append(self._evaluate(tile) if tile is kept[-1] else self._evaluate_checkpointed(tile))
            yield self._passes[-1].sums

    def backward(self, gradients: Summaries) -> None:
        """Backpropagate ∂score/∂S and add the result to the image's gradient."""
        while self._passes:
            self._add_gradient(self._passes.pop(), gradients)
        for tile in self._tiles(self.keeps):
            with gradients_only():
                tile_pass = self._evaluate(tile)
            self._add_gradient(tile_pass, gradients)

    def _tiles(self, first: int) -> Sequence[Window]:
        """Return the tiles from index `first`; on `meta`, where only memory counts, only the largest of them."""
        return self.view.layout.representative_tiles(
            self.view.layout.tiles(self.side, self.view.window)[first:], self.view.image.device
        )

    def _evaluate(self, tile: Window) -> _TilePass:
        outer, leaf = self._leaf(tile)
        features = self.view.encoder(leaf, self.view.layout.grids)
        with reuse_memory(features[term.layer] for term in self.view.losses.values()):
            return _TilePass(outer, leaf, summarize(self.view.losses, features, self.view.layout, tile))

    def _evaluate_checkpointed(self, tile: Window) -> _TilePass:
        """Evaluate a tile with a graph that recomputes the first layers' features instead of storing them."""
        outer, leaf = self._leaf(tile)
        layers = [
            layer for layer, grid in self.view.layout.grids.items() if layer != PIXELS and grid.geometry.stride <= 2
        ]
        checkpointing = ActivationCheckpoint(partial(self._features, leaf.detach(), layers))
        with checkpointing.hooks:
            features = self.view.encoder(leaf, self.view.layout.grids)
            sums = self._checkpoint_sums(tile, features, layers)
        checkpointing.release({layer: features[layer] for layer in layers})
        return _TilePass(outer, leaf, sums)

    def _checkpoint_sums(self, tile: Window, features: Features, layers: Sequence[str]) -> Summaries:
        """Compute sums whose graph copies no features of the given layers: the copies would not be freed."""
        if all(is_supported(features[layer]) for layer in layers):  # their sums save the features themselves
            return self._sums(tile, *features.values())
        found: Summaries = checkpoint(partial(self._sums, tile), *features.values(), use_reentrant=False)
        return found

    def _sums(self, tile: Window, *features: Feature) -> Summaries:
        return summarize(
            self.view.losses, dict(zip(self.view.layout.grids, features, strict=True)), self.view.layout, tile
        )

    @torch.no_grad()
    def _features(self, leaf: Image, layers: Sequence[str]) -> Features:
        found: Features = self.view.encoder(leaf, layers)
        return found

    def _leaf(self, tile: Window) -> tuple[Window, Image]:
        drop_pages()
        outer = self.view.layout.receptive_window(tile)
        return outer, outer.relative_to(self.view.present).crop(self.view.image.detach()).requires_grad_()

    def _add_gradient(self, tile_pass: _TilePass, score_gradients: Summaries) -> None:
        """Add a tile's contribution to the image's gradient."""
        sums, gradients = zip(*sums_with_gradients(tile_pass.sums, score_gradients), strict=True)
        torch.autograd.backward(sums, gradients)
        if self.view.image.grad is None:
            self.view.image.grad = torch.zeros_like(self.view.image)
        if tile_pass.leaf.grad is not None:
            tile_pass.outer.relative_to(self.view.present).crop(self.view.image.grad).add_(tile_pass.leaf.grad)


class _SavedPlace(NamedTuple):
    """Place of a saved tensor in the features of a layer."""

    layer: str
    size: torch.Size
    stride: tuple[int, ...]
    offset: int | torch.SymInt


@dataclass
class _Saved:
    """A tensor saved by a graph, or its place after recomputation."""

    kept: Tensor | _SavedPlace


class ActivationCheckpoint:
    """Activation checkpointing for shallow layers, with saved-tensor hooks.

    Graphs built under `hooks` save their tensors here. `release` then frees those that lie in given features, which the
    backward pass recomputes. The first layers have the largest maps and take the least time: VGG-19's relu1_1 and
    relu2_1 are three quarters of what the native path stores, and a sixth of its forward pass.
    """

    def __init__(self, again: Callable[[], Features]) -> None:
        """Initialize it with `again`, which recomputes the features, bit for bit."""
        self._again = again
        self._saved: list[_Saved] = []
        self._found: Features | None = None

    @property
    def hooks(self) -> saved_tensors_hooks:
        """Context manager for the forward pass.

        The hooks refer to this object, but not vice versa, so saved tensors are freed with the graph.
        """
        return saved_tensors_hooks(self._pack, self._unpack)

    def release(self, features: Features) -> None:
        """Free the saved tensors that lie in these features."""
        layers = {feature.untyped_storage()._cdata: layer for layer, feature in features.items()}
        for saved in self._saved:
            if isinstance(saved.kept, Tensor) and saved.kept.untyped_storage()._cdata in layers:
                name = layers[saved.kept.untyped_storage()._cdata]
                saved.kept = _SavedPlace(name, saved.kept.shape, saved.kept.stride(), saved.kept.storage_offset())
        self._saved.clear()

    def _pack(self, tensor: Tensor) -> _Saved:
        self._saved.append(_Saved(tensor))
        return self._saved[-1]

    def _unpack(self, saved: _Saved) -> Tensor:
        if isinstance(saved.kept, Tensor):
            return saved.kept
        if self._found is None:
            self._found = self._again()
        layer, size, stride, offset = saved.kept
        return self._found[layer].as_strided(size, stride, offset)
