"""The network that a recipe's options name."""

from __future__ import annotations

import torch

from brushwork.perception import Encoder, load_encoder
from brushwork.recipes.options import EncoderOptions


def load_encoder_for(
    options: EncoderOptions, device: torch.device | str, *, computes_on: torch.device | None = None
) -> Encoder:
    """Load the network that the options name, on a device. Engines are for processors; elsewhere the modules compute.

    `computes_on`: the device that it will be taken to, if another.

    Raises: InputError: no such network. WeightsError: its weights are not there.
    """
    encoder = load_encoder(
        options.network,
        pooling=options.pooling,
        padding=options.padding,
        scale=options.encoder_scale,
        ceil=options.ceil,
        engine=options.engine if torch.device(computes_on or device).type == "cpu" else "plain",
    )
    encoder.precision, encoder.replays = options.precision, options.cuda_graphs
    return encoder.to(device)
