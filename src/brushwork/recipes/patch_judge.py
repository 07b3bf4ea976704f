"""What tells patches apart: a small network over a feature map, and the loss that it is taught by.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from brushwork.picture.framing import pad
from brushwork.types import Feature, Scalar

SLOPE = 0.2
"""Of leaky rectifiers below 0."""

_SPREAD = 0.02
"""Standard deviation of fresh weights."""


class PatchGrid(NamedTuple):
    """Patches of `side` × `side` cells, every `stride` cells."""

    side: int = 8
    stride: int = 4

    @property
    def receptive_field(self) -> int:
        """Cells along the side of what one score hangs on: the patch and the border of its 3×3 convolution."""
        return self.side + 2


class PatchDiscriminator(nn.Module):
    """A score for each patch of a map, high for a painting's: leaky ReLU – 3×3 – batch norm – leaky ReLU – whole patch.

    No padding, and statistics of the batch at hand. No biases: the authors set those of convolutions to 0 at each step.

    Differs: the authors cut the patches out and pad each with zeros; here the 3×3 convolution sees the cells around it.
    """

    def __init__(self, channels: int, patches: PatchGrid) -> None:
        super().__init__()
        self.mix = nn.Conv2d(channels, channels, 3, bias=False)
        self.norm = nn.BatchNorm2d(channels, track_running_stats=False)
        self.score = nn.Conv2d(channels, 1, patches.side, patches.stride, bias=False)

    def forward(self, feature: Feature) -> Feature:
        mixed = self.norm(self.mix(functional.leaky_relu(feature, SLOPE)))
        scores: Feature = self.score(functional.leaky_relu(mixed, SLOPE))
        return scores


def hinge_loss(scores: Tensor, *, real: bool) -> Scalar:
    """The mean of max(0, 1 − y·score), y = 1 for what is to pass as real, else −1."""
    return functional.relu(1 - scores if real else 1 + scores).mean()


def initialize_weights(network: nn.Module, seed: int) -> None:
    """Fresh weights: normal about 0, those of norms about 1, with a standard deviation of 0.02; biases are 0.

    Source: Radford et al., 1511.06434, and the authors' program.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d | nn.InstanceNorm2d):
            middle = 1 if isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d) else 0
            nn.init.normal_(module.weight, middle, _SPREAD, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def reflect_pad(feature: Feature, patches: PatchGrid) -> Feature:
    """The map with its mirror image around it, so that cells at the border lie in as many patches as others.

    Differs: the authors' patches end at the border; they average gradients over the patches of a cell instead.
    """
    margin = patches.receptive_field // 2
    return pad(feature, top=margin, bottom=margin, left=margin, right=margin)
