"""Registry of network architectures by name, which build networks from configurations that a file can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, get_type_hints

import torch
from torch import nn

from brushwork.errors import InputError, suggest_names
from brushwork.feedforward.networks.configs import (
    JohnsonConfig,
    MGANConfig,
    MultiStyleConfig,
    SuperResolutionConfig,
    TextureNetConfig,
)
from brushwork.feedforward.networks.johnson import JohnsonNetwork
from brushwork.feedforward.networks.mgan import MGANNetwork
from brushwork.feedforward.networks.multi_style import MultiStyleNetwork
from brushwork.feedforward.networks.spec import ModelConfig
from brushwork.feedforward.networks.super_resolution import SuperResolutionNetwork
from brushwork.feedforward.networks.texture_net import TextureNetwork


class NetworkArchitecture(NamedTuple):
    """A network architecture: its configuration class, and the function that builds a network from a configuration."""

    config: type[ModelConfig]
    build: Callable[[Any], nn.Module]
    """Returns an initialized network whose `state_dict` holds its whole state."""


ARCHITECTURES: Mapping[str, NetworkArchitecture] = {
    "johnson": NetworkArchitecture(JohnsonConfig, JohnsonNetwork),
    "mgan": NetworkArchitecture(MGANConfig, MGANNetwork),
    "multi-style": NetworkArchitecture(MultiStyleConfig, MultiStyleNetwork),
    "super-resolution": NetworkArchitecture(SuperResolutionConfig, SuperResolutionNetwork),
    "texture": NetworkArchitecture(TextureNetConfig, TextureNetwork),
}
"""Architectures by the name that model files store."""


def architecture_name(config: object) -> str:
    """Return the name of a configuration's architecture.

    Raises: InputError: it belongs to no architecture.
    """
    for name, architecture in ARCHITECTURES.items():
        if type(config) is architecture.config:
            return name
    raise InputError(
        f"{type(config).__name__} is the configuration of no architecture. Known: {', '.join(ARCHITECTURES)}."
    )


def build_network(config: object, seed: int = 0) -> nn.Module:
    """Return an initialized float32 network, the same for the same seed, without changing torch's global generator.

    Raises: InputError: the configuration belongs to no architecture.
    """
    architecture = ARCHITECTURES[architecture_name(config)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return architecture.build(config).float()


def config_to_json(config: Any) -> dict[str, Any]:
    """Return the configuration as a mapping for JSON."""
    return asdict(config)


def config_from_json(name: str, settings: Mapping[str, Any]) -> ModelConfig:
    """Return the configuration of an architecture from the result of `config_to_json`.

    Raises: InputError: the architecture is unknown, or does not have these settings.
    """
    if name not in ARCHITECTURES:
        raise InputError(f"there is no architecture {name!r}. {suggest_names(name, ARCHITECTURES)}")
    kind = ARCHITECTURES[name].config
    unknown = sorted(settings.keys() - get_type_hints(kind).keys())
    if unknown:
        raise InputError(f"{name} has no setting {unknown[0]!r}: the file is damaged, or of another version.")
    given = {field: tuple(value) if isinstance(value, list) else value for field, value in settings.items()}
    try:
        return kind(**given)
    except TypeError as error:
        raise InputError(f"these are not settings of {name}: {dict(settings)} ({error}).") from error
