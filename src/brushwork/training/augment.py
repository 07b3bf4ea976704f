"""Random blocks of images: rotated, scaled and mirrored, with no padding from outside the image."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin

import torch
from torch import Tensor
from torch.nn import functional

from brushwork.images.geometry import Size
from brushwork.training.task import TrainingBatch
from brushwork.training.tasks.mgan_options import BlockOptions
from brushwork.types import Feature

_NUMBERS = 6
"""Random numbers sampled per block: image, angle, scale, mirroring, vertical and horizontal position."""

_INVISIBLE = 1e-9


def sample_blocks(images: Sequence[Feature], batch: TrainingBatch, how: BlockOptions, stream: int = 0) -> Feature:
    """Return this rank's randomly sampled blocks of a batch.

    Every rank samples for all ranks. `stream` separates several samplings within one step.

    Each image is a batch of one, has any number of channels, and is at least as large as a block.
    """
    generator = batch.generator()
    for _ in range(stream + 1):
        drawn = torch.rand(batch.whole, _NUMBERS, generator=generator, dtype=torch.float64)
    own = drawn[batch.first : batch.first + batch.size].tolist()
    return torch.cat([_block(images[int(which * len(images))], how, numbers) for which, *numbers in own])


def _block(image: Feature, how: BlockOptions, numbers: Sequence[float]) -> Feature:
    turn, scaling, mirror, down, across = numbers
    angle = radians(how.rotations[int(turn * len(how.rotations))])
    angle, half_side = _fit_angle(image, how.block, angle, how.scales[int(scaling * len(how.scales))])
    margin = half_side * (abs(cos(angle)) + abs(sin(angle)))
    center = [
        margin + place * (side - 1 - 2 * margin) for place, side in zip((down, across), Size.of(image), strict=True)
    ]
    grid = _grid(image, how.block, angle, half_side, center)
    cut = functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return cut.flip(-1) if how.mirror and mirror < 0.5 else cut


def _fit_angle(image: Feature, side: int, angle: float, scale: float) -> tuple[float, float]:
    """Return the angle, and half the side, of a sampled square that lies inside the image."""
    room = (min(Size.of(image)) - 1) / 2
    half_side = min((side - 1) / 2 / scale, room)
    turned = half_side * (abs(cos(angle)) + abs(sin(angle)))
    return (angle if turned <= room + _INVISIBLE else 0.0), half_side


def _grid(image: Feature, side: int, angle: float, half_side: float, center: Sequence[float]) -> Tensor:
    line = torch.linspace(-half_side, half_side, side, device=image.device)
    y, x = torch.meshgrid(line, line, indexing="ij")
    height, width = Size.of(image)
    across = center[1] + cos(angle) * x - sin(angle) * y
    down = center[0] + sin(angle) * x + cos(angle) * y
    return torch.stack([2 * across / (width - 1) - 1, 2 * down / (height - 1) - 1], dim=-1)[None]
