"""Graphs that forget what is cheap to compute again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from brushwork.types import Features


class _Place(NamedTuple):
    """Where numbers lie in the features of a tap."""

    layer: str
    size: torch.Size
    stride: tuple[int, ...]
    offset: int | torch.SymInt


@dataclass
class _Saved:
    """What a graph has saved, or where to find it again."""

    kept: Tensor | _Place


class ActivationCheckpoint:
    """While it is entered, graphs save their tensors with it. It then forgets those that lie in some features, and
    computes these features again when the graph is pulled back.

    The first layers' maps are the largest, and the first layers take the least time: VGG-19's relu1_1 and relu2_1 are
    three quarters of what the fast path keeps, and a sixth of its forward pass.
    """

    def __init__(self, again: Callable[[], Features]) -> None:
        """`again`: computes the features anew, the very same numbers."""
        self._again = again
        self._saved: list[_Saved] = []
        self._found: Features | None = None

    @property
    def hooks(self) -> saved_tensors_hooks:
        """To be entered. They refer to this, and this not to them: what is kept is let go of with the graph."""
        return saved_tensors_hooks(self._pack, self._unpack)

    def release(self, features: Features) -> None:
        """Forget what lies in these features."""
        layers = {feature.untyped_storage()._cdata: layer for layer, feature in features.items()}
        for saved in self._saved:
            if isinstance(saved.kept, Tensor) and saved.kept.untyped_storage()._cdata in layers:
                tap = layers[saved.kept.untyped_storage()._cdata]
                saved.kept = _Place(tap, saved.kept.shape, saved.kept.stride(), saved.kept.storage_offset())
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
