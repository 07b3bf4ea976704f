"""The architectures of painters, by name: from settings, which a file can hold, to a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import torch
from torch import nn

from brushwork.errors import InputError, did_you_mean
from brushwork.fast.johnson import Johnson, JohnsonNetwork
from brushwork.fast.mgan import Mgan, MganNetwork
from brushwork.fast.pyramid import Pyramid, PyramidNetwork
from brushwork.fast.super_resolution import SuperResolution, SuperResolutionNetwork


class Architecture(NamedTuple):
    """A kind of network.

    `settings`: a frozen dataclass of numbers, words and tuples of them, which checks itself and raises InputError.
    `build`: from settings to a network with fresh weights. All that it knows is in its `state_dict`.
    """

    settings: type[Any]
    build: Callable[[Any], nn.Module]


ARCHITECTURES: Mapping[str, Architecture] = {
    "johnson": Architecture(Johnson, JohnsonNetwork),
    "mgan": Architecture(Mgan, MganNetwork),
    "pyramid": Architecture(Pyramid, PyramidNetwork),
    "super-resolution": Architecture(SuperResolution, SuperResolutionNetwork),
}
"""Name → architecture. A painter's file says the name."""


def architecture_of(settings: object) -> str:
    """The name under which settings are known.

    Raises: InputError: they are those of no architecture.
    """
    for name, architecture in ARCHITECTURES.items():
        if type(settings) is architecture.settings:
            return name
    raise InputError(
        f"{type(settings).__name__} are the settings of no architecture. Known: {', '.join(ARCHITECTURES)}."
    )


def build(settings: object, seed: int = 0) -> nn.Module:
    """A network with fresh weights, the same for the same seed; torch's own generator is left as it was.

    Raises: InputError: the settings are those of no architecture.
    """
    architecture = ARCHITECTURES[architecture_of(settings)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return architecture.build(settings)


def to_json(settings: Any) -> dict[str, Any]:
    """The settings as a mapping for JSON."""
    return asdict(settings)


def from_json(name: str, settings: Mapping[str, Any]) -> Any:
    """The opposite of `to_json`, for the architecture of a name.

    Raises: InputError: an unknown architecture, or settings that it does not have.
    """
    if name not in ARCHITECTURES:
        raise InputError(f"there is no architecture {name!r}. {did_you_mean(name, ARCHITECTURES)}")
    given = {field: tuple(value) if isinstance(value, list) else value for field, value in settings.items()}
    try:
        return ARCHITECTURES[name].settings(**given)
    except TypeError as error:
        raise InputError(f"these are no settings of {name}: {dict(settings)} ({error}).") from error
