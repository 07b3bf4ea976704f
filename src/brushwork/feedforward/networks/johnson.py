"""The style network of Johnson, Alahi and Fei-Fei: any photograph in one style, in one pass.

Source: 1603.08155 and its supplement; the authors' models.lua.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh
from typing import get_args

import torch
import torch.nn.functional as F
from torch import nn

from brushwork.errors import InputError
from brushwork.feedforward.networks.blocks import (
    CROP,
    BorderName,
    NetworkStage,
    NormName,
    Upsampling,
    convolution_stages,
    residual_block_stages,
    run_stages,
    to_module_dict,
    upsampling_stages,
)
from brushwork.images.crop_pad import pad
from brushwork.images.geometry import Size
from brushwork.types import Image

STRIDE = 4
"""Pixels of a cell in the residual blocks of the style network."""

SMALLEST = 5
"""Pixels of a side at least that the last convolution takes, of 9×9: it mirrors 4 of them."""

HALO = 150 / 255
"""How far the output goes from gray: tanh times 150, of 255, as the authors' program."""

LIMIT = atanh(0.5 / HALO)
"""The last stage's numbers that are shown as black (-) and white: beyond them tanh goes on, and is ever flatter."""


@dataclass(frozen=True, kw_only=True)
class JohnsonConfig:
    """Settings of a style network."""

    width: int = 32
    """Channels of the first and the last layer; twice and four times as many within. The authors: 32 with batch norm,
    and 16 with instance norm, which is as good."""

    blocks: int = 5
    """Residual blocks; 1 or more."""

    norm: NormName = "instance"
    """What is made alike after each convolution: each picture by itself (instance), or the batch, as in the paper."""

    upsampling: Upsampling = "transposed"
    """How maps become larger: transposed convolutions, as the paper, or nearest neighbors and a convolution."""

    border: BorderName = "zeros"
    """What the convolutions that keep their map's size see beyond it."""

    def __post_init__(self) -> None:
        check_config(self.width, self.blocks, self.norm, self.upsampling, self.border)


class JohnsonNetwork(nn.Module):
    """c9s1-w, d2w, d4w, R4w × blocks, u2w, uw, c9s1-3, tanh. Source: 1603.08155, supplement, table 1.

    The picture is mirrored at its border by what the residual blocks lose, and up to a multiple of `STRIDE`.
    """

    def __init__(self, settings: JohnsonConfig) -> None:
        super().__init__()
        self.settings = settings
        self._stages = _style_stages(settings)
        self.layers = to_module_dict(self._stages)

    @property
    def margin(self) -> int:
        """Pixels that are mirrored on each side: 40 with 5 blocks."""
        return self.settings.blocks * CROP * STRIDE

    def stages(self) -> Sequence[NetworkStage]:
        """The steps after `prepare_input` and before `to_image`: local ones, and norms."""
        return self._stages

    def prepare_input(self, image: Image) -> Image:
        """What the first stage takes: centered about gray, and mirrored at the border."""
        return reflect_pad_to_multiple(image, self.margin, STRIDE, -(-SMALLEST // STRIDE) * STRIDE) - 0.5

    def to_image(self, last: Image, size: Size) -> Image:
        """From the last stage to a picture: upper left part of the size, by tanh."""
        return 0.5 + HALO * last[..., : size.height, : size.width].tanh()

    def forward_features(self, image: Image) -> Image:
        """What the last stage gives, of which `to_image` makes the picture."""
        return run_stages(self.stages(), self.prepare_input(image))

    def forward(self, image: Image) -> Image:
        """The picture in the style, nominally in [0, 1]."""
        return self.to_image(self.forward_features(image), Size.of(image))


def reflect_pad_to_multiple(image: Image, margin: int, multiple: int, least: int = 1) -> Image:
    """The picture with a mirrored margin, and more at the bottom and the right: up to a multiple, and to `least`."""
    height, width = Size.of(image)
    fill = [torch.sym_max(least - side, -side % multiple) for side in (height, width)]  # type: ignore[no-untyped-call]
    bottom, right = (margin + one for one in fill)
    # An export is for pictures of all sizes, and `pad` mirrors those too that are smaller than their margin.
    if not torch.compiler.is_compiling() and min(height, width) > max(bottom, right):
        return F.pad(image, (margin, right, margin, bottom), mode="reflect")
    return pad(image, top=margin, bottom=bottom, left=margin, right=right)


def check_config(width: int, blocks: int, norm: str, upsampling: str, border: str) -> None:
    """Raise an InputError for settings that no network can be made of."""
    for name, count in (("width", width), ("blocks", blocks)):
        if not (isinstance(count, int) and count >= 1):
            raise InputError(f"{name} is {count!r}: it must be a whole number, 1 or more.")
    for name, given, known in (
        ("norm", norm, get_args(NormName)),
        ("upsampling", upsampling, get_args(Upsampling)),
        ("border", border, get_args(BorderName)),
    ):
        if given not in known:
            raise InputError(f"{name} is {given!r}: it must be {' or '.join(known)}.")


def _style_stages(settings: JohnsonConfig) -> list[NetworkStage]:
    w, norm, border = settings.width, settings.norm, settings.border
    stages = [
        *convolution_stages("first", norm, 3, w, 9, border=border),
        *convolution_stages("down1", norm, w, 2 * w, 3, stride=2, border=border),
        *convolution_stages("down2", norm, 2 * w, 4 * w, 3, stride=2, border=border),
        *residual_block_stages(settings.blocks, norm, 4 * w, "down2_relu"),
        *upsampling_stages("up1", norm, 4 * w, 2 * w, settings.upsampling, border),
        *upsampling_stages("up2", norm, 2 * w, w, settings.upsampling, border),
    ]
    return [*stages, NetworkStage("last", nn.Conv2d(w, 3, 9, padding=4, padding_mode=border))]
