"""Fuse a network's stages into the steps that the compiled kernels compute."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from torch import nn

from brushwork.encoders.stages import Stages

_PANEL = 64
"""Numbers of channels must be multiples of this, as in VGG; only the input image has three planes."""

_PLANES = 3


class NativeStep(NamedTuple):
    """A rectified 3×3 convolution, a pool, or both fused."""

    convolution: nn.Conv2d | None
    pool: nn.Module | None
    layer: str | None
    """Name of the layer that is the output, if it is requested."""
    in_bfloat16: bool = False
    """Whether the convolution multiplies in bfloat16; its sums and the maps are in float32."""

    @property
    def has_reflect_padding(self) -> bool:
        """Whether the padding mirrors the map."""
        return self.convolution is not None and self.convolution.padding_mode == "reflect"

    @property
    def pooling(self) -> int:
        """Kind of pooling: 0 for none, 1 for maximum, 2 for average."""
        return 0 if self.pool is None else 1 if isinstance(self.pool, nn.MaxPool2d) else 2

    def pooled_size(self, positions: int) -> int:
        """Return the side of the map after the pool."""
        return positions if self.pool is None else (positions + int(bool(self.pool.ceil_mode))) // 2


def fuse_steps(stages: Stages, requested: Collection[str], *, in_bfloat16: bool = False) -> list[NativeStep] | None:
    """Return the steps up to the deepest requested layer; None if a stage is not supported."""
    steps: list[NativeStep] = []
    waiting: nn.Conv2d | None = None
    missing = set(requested)
    for name, stage in stages.items():
        if not missing:
            break
        layer = name if name in missing else None
        missing.discard(name)
        if waiting is not None and isinstance(stage, nn.ReLU):
            steps.append(NativeStep(waiting, None, layer, in_bfloat16))
            waiting = None
        elif waiting is not None:
            return None
        elif _is_pool(stage) and steps:
            steps.append(_fuse_pool(steps, NativeStep(None, stage, layer)))
        elif isinstance(stage, nn.Conv2d) and _is_plain(stage, first=not steps) and layer is None:
            waiting = stage
        else:
            return None
    return steps


def _fuse_pool(steps: list[NativeStep], pool: NativeStep) -> NativeStep:
    """Return the pool, fused with the convolution before it unless the map between them is requested."""
    before = steps[-1]
    if before.layer is not None or before.pool is not None or len(steps) == 1:
        return pool
    return steps.pop()._replace(pool=pool.pool, layer=pool.layer)


def _is_plain(layer: nn.Conv2d, *, first: bool) -> bool:
    inputs = layer.in_channels == _PLANES if first else layer.in_channels % _PANEL == 0
    return (
        inputs
        and layer.out_channels % _PANEL == 0
        and (layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 1), (1, 1))
        and (layer.dilation, layer.groups) == ((1, 1), 1)
        and layer.bias is not None
        and layer.padding_mode in ("zeros", "reflect")
    )


def _is_pool(stage: nn.Module) -> bool:
    if not isinstance(stage, nn.MaxPool2d | nn.AvgPool2d):
        return False
    is_two = all(size in (2, (2, 2)) for size in (stage.kernel_size, stage.stride))
    plain = stage.divisor_override is None if isinstance(stage, nn.AvgPool2d) else stage.dilation in (1, (1, 1))
    return is_two and plain and stage.padding in (0, (0, 0))
