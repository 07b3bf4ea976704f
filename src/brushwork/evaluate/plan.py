"""Plans: what a painting will take, known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from brushwork.evaluate.tiled import Tiling
from brushwork.picture.window import Size

_VECTORS = 5
"""As large as the picture, what L-BFGS holds at its peak beside its pairs and what a closure takes: the point, its
gradient, the direction, the best point, and one more while it searches."""

_CODE = 150 * 2**20
"""Bytes that come in beside the tensors: program, buffers of the kernels, gaps between small tensors. Measured on the
CPU with VGG-19, one thread, 256 and 512 pixels, 10 and 100 pairs: predictions are then 1 to 5 % above the peak."""

_SHARE = {"cpu": 1.05}
"""What allocators and kernels take on top, as a factor; on the CPU measured likewise."""

_SHARE_OF_ACCELERATORS = 1.25
"""The same elsewhere, an estimate: caching allocators round up, and kernels take workspaces."""


@dataclass(frozen=True)
class LevelPlan:
    """What one size of the picture takes."""

    size: Size
    iterations: int
    memory: int
    """Peak bytes at this size: of the whole process on the CPU, else on the device."""
    seconds: float | None
    """None: not probed."""


@dataclass(frozen=True)
class JobPlan:
    """What a painting takes, level by level."""

    device: str
    levels: tuple[LevelPlan, ...]
    available: int | None
    """Bytes that may be taken in all, counted as `memory`; None: unknown."""
    max_size: int | None
    """Where it does not fit: the largest `size` that does, in pixels; 0: none does. Else None."""
    tiling: Tiling | None = None
    """How the pictures are looked at; None: at once."""

    @property
    def iterations(self) -> int:
        """Of all sizes."""
        return sum(level.iterations for level in self.levels)

    @property
    def memory(self) -> int:
        """Peak bytes of the whole painting."""
        return max(level.memory for level in self.levels)

    @property
    def seconds(self) -> float | None:
        """Of all sizes; None: not probed."""
        times = [level.seconds for level in self.levels if level.seconds is not None]
        return sum(times) if len(times) == len(self.levels) else None

    @property
    def fits(self) -> bool:
        """Whether there is memory enough, as far as is known."""
        return self.available is None or self.memory <= self.available


def optimizer_memory_for(point: int, iterations: int, history: int | None, kept: float = 1.0) -> int:
    """What an optimizer takes for a point of so many bytes, after so many closures.

    L-BFGS (`history` pairs at most) keeps two vectors a pair, at a share `kept` of their size. Adam (None) keeps two
    means, and another two while it replaces them.
    """
    vectors = 4 if history is None else 2 * min(history, iterations) * kept
    return round(point * (vectors + _VECTORS))


def subtract_reserve(tensors: int, device: torch.device) -> int:
    """Bytes to be had for tensors of so many bytes."""
    return _CODE + round(tensors * _SHARE.get(device.type, _SHARE_OF_ACCELERATORS))
