"""Builders of the parts of a training task: the encoder of its losses, its network, and its optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from brushwork.encoders import Encoder
from brushwork.feedforward.networks.registry import build_network
from brushwork.options import EncoderOptions
from brushwork.options.encoder import load_encoder_for
from brushwork.training.gradient_step import resolve_mixed_precision
from brushwork.training.options import TrainingOptions


def load_loss_network(options: EncoderOptions, mixed: str, device: torch.device) -> Encoder:
    """Load the encoder of the losses. Without a precision of its own, it is in bfloat16 if the model trains in it.

    On CPUs without AMX it stays in float32, in which the compiled kernels are faster there.

    Raises: InputError: there is no such network. WeightsError: its weights are missing.
    """
    encoder = load_encoder_for(options, device)
    if encoder.precision == "auto" and resolve_mixed_precision(mixed, device) == "bf16":
        encoder.precision = "fast" if device.type == "cpu" else "bf16"
    return encoder


def make_network(settings: Any, options: TrainingOptions, device: torch.device) -> nn.Module:
    """Return a network initialized from the options' seed, in channels-last memory format."""
    network = build_network(settings, options.seed).to(device)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def make_adam(
    network: nn.Module, options: TrainingOptions, faster: Mapping[str, float] | None = None
) -> torch.optim.Adam:
    """Return Adam over all trainable weights, without weight decay, as in 1603.08155.

    `faster` gives factors of the learning rate by the names of weights.
    """
    rates: dict[float, list[nn.Parameter]] = {}
    for name, one in network.named_parameters():
        if one.requires_grad:
            rates.setdefault((faster or {}).get(name, 1.0), []).append(one)
    groups = [{"params": trained, "lr": factor * options.learning_rate} for factor, trained in rates.items()]
    # not `fused`: on CPUs (torch 2.13) it assumes that gradients have the memory layout of their weights
    return torch.optim.Adam(groups, options.learning_rate)
