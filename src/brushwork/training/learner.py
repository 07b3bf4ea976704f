"""A network that learns, on its device, and the optimizer of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from brushwork.fast.architectures import build_network
from brushwork.training.options import TrainingOptions


def make_network(settings: Any, options: TrainingOptions, device: torch.device) -> nn.Module:
    """A network with fresh weights, by the options' seed, the channels of each cell lying together in memory."""
    network = build_network(settings, options.seed).to(device)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def make_adam(network: nn.Module, options: TrainingOptions) -> torch.optim.Adam:
    """Adam over all weights, as 1603.08155: no decay of weights."""
    # not `fused`: on processors (torch 2.13) it takes gradients to lie in memory as their weights do
    return torch.optim.Adam(network.parameters(), options.learning_rate)
