"""Common parts of adversarial training: the hinge loss, initial weights, Adam's betas and the slope of leaky ReLUs.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382,
and the authors' program.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from brushwork.types import Scalar

ADAM_BETAS = (0.5, 0.999)
"""Betas of Adam in adversarial training. Source: the authors' program, after Radford et al., 1511.06434."""

LEAKY_SLOPE = 0.2
"""Slope of leaky ReLUs below 0."""

_SPREAD = 0.02
"""Standard deviation of initial weights."""


def hinge_loss(scores: Tensor, *, real: bool) -> Scalar:
    """Compute the mean of max(0, 1 − y·score), where y is 1 if the input should count as real, else −1."""
    return functional.relu(1 - scores if real else 1 + scores).mean()


def initialize_weights(network: nn.Module, seed: int) -> None:
    """Initialize weights from a normal distribution with standard deviation 0.02.

    Its mean is 0, or 1 for norm layers. Biases are 0.

    Source: Radford et al., 1511.06434, and the authors' program.
    """
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d | nn.InstanceNorm2d):
            middle = 1 if isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d) else 0
            nn.init.normal_(module.weight, middle, _SPREAD, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
