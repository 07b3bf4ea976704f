"""Blocks of pictures, turned, scaled and mirrored by chance, with nothing in them that the pictures have not."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from brushwork.picture.window import Size
from brushwork.training.lesson import Batch
from brushwork.types import Feature

_NUMBERS = 6
"""Drawn for a block: the picture, the angle, the scale, mirrored or not, the place down and across."""

_INVISIBLE = 1e-9


class Cutting(Protocol):
    """How blocks are cut: see `Blocks` among the options."""

    @property
    def block(self) -> int: ...
    @property
    def turns(self) -> tuple[float, ...]: ...
    @property
    def scales(self) -> tuple[float, ...]: ...
    @property
    def mirrored(self) -> bool: ...


def blocks(pictures: Sequence[Feature], batch: Batch, how: Cutting, stream: int = 0) -> Feature:
    """This rank's blocks of a batch; what is drawn is drawn for all ranks. `stream` tells draws of one step apart.

    The pictures are of one row each, with any number of channels, and at least as large as a block.
    """
    generator = batch.generator()
    for _ in range(stream + 1):
        drawn = torch.rand(batch.whole, _NUMBERS, generator=generator, dtype=torch.float64)
    own = drawn[batch.first : batch.first + batch.size].tolist()
    return torch.cat([_block(pictures[int(which * len(pictures))], how, chance) for which, *chance in own])


def middle(picture: Feature, side: int) -> Feature:
    """The block in the middle of a picture."""
    height, width = Size.of(picture)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[..., top : top + side, left : left + side]


def _block(picture: Feature, how: Cutting, chance: Sequence[float]) -> Feature:
    turn, scaling, mirror, down, across = chance
    angle = radians(how.turns[int(turn * len(how.turns))])
    angle, reach = _fitting(picture, how.block, angle, how.scales[int(scaling * len(how.scales))])
    half = reach * (abs(cos(angle)) + abs(sin(angle)))
    center = [
        half + place * (side - 1 - 2 * half) for place, side in zip((down, across), Size.of(picture), strict=True)
    ]
    grid = _grid(picture, how.block, angle, reach, center)
    cut = functional.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return cut.flip(-1) if how.mirrored and mirror < 0.5 else cut


def _fitting(picture: Feature, side: int, angle: float, scale: float) -> tuple[float, float]:
    """Angle, and half of what is looked at along a side, so that it lies inside the picture."""
    room = (min(Size.of(picture)) - 1) / 2
    reach = min((side - 1) / 2 / scale, room)
    turned = reach * (abs(cos(angle)) + abs(sin(angle)))
    return (angle if turned <= room + _INVISIBLE else 0.0), reach


def _grid(picture: Feature, side: int, angle: float, reach: float, center: Sequence[float]) -> Tensor:
    line = torch.linspace(-reach, reach, side, device=picture.device)
    y, x = torch.meshgrid(line, line, indexing="ij")
    height, width = Size.of(picture)
    across = center[1] + cos(angle) * x - sin(angle) * y
    down = center[0] + sin(angle) * x + cos(angle) * y
    return torch.stack([2 * across / (width - 1) - 1, 2 * down / (height - 1) - 1], dim=-1)[None]
