"""What texture networks are made of: convolutions whose opposite borders meet, and joints of two scales."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from brushwork.fast.instance_norm import InstanceNorm
from brushwork.fast.layers import EPSILON, NormName
from brushwork.types import Feature

_LEAK = 0.01
"""Slope below 0. Source: 1603.03417's published models."""


def make_block(inputs: int, width: int, norm: NormName, *, pointwise: bool) -> nn.Sequential:
    """Two convolutions of 3×3, and one of 1×1 if `pointwise`; each normalized and rectified."""
    kernels = (3, 3, 1) if pointwise else (3, 3)
    layers = [_layer(width if place else inputs, width, kernel, norm) for place, kernel in enumerate(kernels)]
    return nn.Sequential(*(part for layer in layers for part in layer))


class ScaleJoin(nn.Module):
    """What is coarse, doubled in size, and what enters at the next scale: normalized, side by side, and a block."""

    def __init__(self, coarse: int, fine: int, norm: NormName, *, pointwise: bool) -> None:
        super().__init__()
        self.coarse, self.fine = make_batch_norm(coarse, norm), make_batch_norm(fine, norm)
        self.block = make_block(coarse + fine, coarse + fine, norm, pointwise=pointwise)

    def forward(self, coarse: Feature, fine: Feature) -> Feature:
        """A map as large as the fine one, with the channels of both."""
        larger = F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        both: Feature = self.block(torch.cat([self.coarse(larger), self.fine(fine)], dim=1))
        return both


def make_batch_norm(width: int, norm: NormName) -> nn.Module:
    """A norm by the statistics of what it is given, in training and afterwards: nothing runs along."""
    if norm == "instance":
        return InstanceNorm(width, eps=EPSILON, affine=True)
    return nn.BatchNorm2d(width, eps=EPSILON, track_running_stats=False)


def _layer(inputs: int, width: int, kernel: int, norm: NormName) -> tuple[nn.Module, nn.Module, nn.Module]:
    padding: Literal["circular", "zeros"] = "circular" if kernel > 1 else "zeros"
    convolution = nn.Conv2d(inputs, width, kernel, padding=kernel // 2, padding_mode=padding)
    return convolution, make_batch_norm(width, norm), nn.LeakyReLU(_LEAK, inplace=True)
