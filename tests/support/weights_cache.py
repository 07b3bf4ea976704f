"""Installed files of weights, read, checked and laid out once in a process and not for every painting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from brushwork.encoders import encoder
from brushwork.encoders.native import kernel_layout
from brushwork.encoders.weights import find
from brushwork.storage.hashing import tensors_sha256


class WeightsCache:
    """While it is entered, reads weights in place of `find.read_installed`; keeps them, their hashes and layouts."""

    def __init__(self) -> None:
        self._read, self._lay_out = find.read_installed, kernel_layout.lay_out_taps
        self._kept: dict[tuple[find.WeightSet, Path, int], tuple[find.EncoderWeights, str]] = {}
        self._places: set[tuple[int, tuple[int, ...]]] = set()
        self._hashes: dict[frozenset[tuple[str, int | str]], str] = {}
        self._layouts: dict[tuple[int, tuple[int, ...]], tuple[Tensor, Tensor]] = {}

    def __enter__(self) -> WeightsCache:
        find.read_installed, encoder.tensors_sha256 = self.read, self.sha256
        kernel_layout.lay_out_taps = self.lay_out
        return self

    def __exit__(self, *_: object) -> None:
        find.read_installed, encoder.tensors_sha256 = self._read, tensors_sha256
        kernel_layout.lay_out_taps = self._lay_out

    def read(self, known: find.WeightSet, path: Path) -> find.EncoderWeights:
        """What `find.read_installed` returns."""
        key = known, path, path.stat().st_mtime_ns
        if key not in self._kept:
            weights = self._read(known, path)
            self._kept[key] = weights, tensors_sha256(weights.tensors)
            self._places |= {_place(tensor) for tensor in weights.tensors.values() if tensor.is_contiguous()}
        return self._kept[key][0]

    def sha256(self, tensors: Mapping[str, Tensor]) -> str:
        """What `tensors_sha256` returns; of weights as they were read, it is computed once."""
        if not any(_place(tensor) in self._places for tensor in tensors.values()):
            return tensors_sha256(tensors)
        key = frozenset((name, self._identity(tensor)) for name, tensor in tensors.items())
        if key not in self._hashes:
            self._hashes[key] = tensors_sha256(tensors)
        return self._hashes[key]

    def lay_out(self, weight: Tensor) -> Tensor:
        """What `kernel_layout.lay_out_taps` returns; of weights as they were read, it is made once."""
        place = _place(weight)
        if not (weight.is_contiguous() and place in self._places):
            return self._lay_out(weight)
        if place not in self._layouts:
            self._layouts[place] = weight, self._lay_out(weight)
        return self._layouts[place][1]

    def are_unchanged(self) -> bool:
        """Return whether all that was read has the values that were read, in both layouts."""
        return all(tensors_sha256(weights.tensors) == content for weights, content in self._kept.values()) and all(
            torch.equal(weight, laid.permute(3, 2, 0, 1)) for weight, laid in self._layouts.values()
        )

    def _identity(self, tensor: Tensor) -> int | str:
        if tensor.is_contiguous() and _place(tensor) in self._places:
            return tensor.data_ptr()
        return tensors_sha256({"": tensor})


def _place(tensor: Tensor) -> tuple[int, tuple[int, ...]]:
    return tensor.data_ptr(), tuple(tensor.shape)
