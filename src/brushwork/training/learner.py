"""A network that learns, on its device, and the optimizer of it."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from brushwork.fast.architectures import build
from brushwork.training.options import Learning


def learner(settings: Any, options: Learning, device: torch.device) -> nn.Module:
    """A network with fresh weights, by the options' seed, the channels of each cell lying together in memory."""
    network = build(settings, options.seed).to(device)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def adam(network: nn.Module, options: Learning) -> torch.optim.Adam:
    """Adam over all weights, as 1603.08155: no decay of weights."""
    # not `fused`: on processors (torch 2.13) it takes gradients to lie in memory as their weights do
    return torch.optim.Adam(network.parameters(), options.learning_rate)
