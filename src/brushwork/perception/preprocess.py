"""What a network is shown: pictures turned into the numbers that it was trained on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from brushwork.types import Image


class Preprocess(nn.Module):
    """From sRGB in [0, 1] to what the weights were trained on: (image·scale − mean) / std.

    `mean` and `std` are in RGB order; `bgr` swaps the channels last. For the Caffe networks: 255, BGR,
    mean (123.68, 116.779, 103.939).
    """

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float], *, scale: float = 1.0, bgr: bool = False) -> None:
        super().__init__()
        self.scale = scale
        self.bgr = bgr
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Image) -> Image:
        shown: Tensor = (image * self.scale - self.mean) / self.std
        return shown.flip(1) if self.bgr else shown
