"""Load the encoder that options name."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields

import torch

from brushwork.encoders import Encoder, load_encoder
from brushwork.encoders.backends import choose_engine
from brushwork.errors import require_type
from brushwork.options.groups import EncoderOptions


def encoder_key(options: EncoderOptions) -> Hashable:
    """Return a key that is equal for options that name the same encoder, for caches of loaded encoders."""
    return tuple(getattr(options, one.name) for one in fields(EncoderOptions))


def choose_encoder(
    given: Encoder | None,
    options: EncoderOptions,
    device: torch.device | str,
    *,
    computes_on: torch.device | None = None,
) -> Encoder:
    """Return the given encoder; None: load the network named by the options, as `load_encoder_for` does.

    Raises: InputError: another kind of object, or there is no such network. WeightsError: its weights are missing.
    """
    if given is None:
        return load_encoder_for(options, device, computes_on=computes_on)
    require_type("the encoder", given, Encoder, "what brushwork.load_encoder returns")
    return given


def load_encoder_for(
    options: EncoderOptions, device: torch.device | str, *, computes_on: torch.device | None = None
) -> Encoder:
    """Load the network named by the options onto a device.

    The engine option applies to CPUs; on other devices the torch modules compute.
    `computes_on`: the device that the network will be moved to, if it is another one.

    Raises: InputError: there is no such network. WeightsError: its weights are missing.
    """
    encoder = load_encoder(
        options.network,
        pooling=options.pooling,
        padding=options.padding,
        scale=options.encoder_scale,
        ceil=options.ceil,
        preprocessing=options.preprocessing,
        engine=choose_engine(options.engine, torch.device(computes_on or device)),
    )
    encoder.precision, encoder.cuda_graphs = options.precision, options.cuda_graphs
    return encoder.to(device)
