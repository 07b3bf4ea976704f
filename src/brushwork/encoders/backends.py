"""Backends that compute an encoder's layers: native, channels-last, or plain torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import torch

from brushwork.choices import Engine
from brushwork.encoders.native.autograd import native_forward
from brushwork.encoders.native.fusion import fuse_steps
from brushwork.encoders.native.library import has_matrix_units, load_library
from brushwork.encoders.stages import Stages
from brushwork.errors import InputError
from brushwork.types import Feature, Image

ForwardPass: TypeAlias = Callable[[Stages, Image, Sequence[str]], list[Feature]]
"""Function that computes features.

Its arguments are the stages, a preprocessed image, and the names of the requested stages, shallow to deep.
"""


def forward_channels_last(stages: Stages, shown: Image, requested: Sequence[str]) -> list[Feature]:
    """Compute the features in channels-last memory format."""
    return forward_plain(stages, shown.contiguous(memory_format=torch.channels_last), requested)


def forward_native(stages: Stages, shown: Image, requested: Sequence[str]) -> list[Feature]:
    """Compute the features with the compiled kernels, or in plain torch if these do not support the input."""
    found = _forward_compiled(stages, shown, requested) if load_library() is not None else None
    return forward_plain(stages, shown, requested) if found is None else found


def forward_matrix_units(stages: Stages, shown: Image, requested: Sequence[str]) -> list[Feature] | None:
    """Compute the features with the compiled kernels, multiplying in bfloat16; None: the kernels do not support it."""
    return _forward_compiled(stages, shown, requested, in_bfloat16=True) if has_matrix_units() else None


def _forward_compiled(
    stages: Stages, shown: Image, requested: Sequence[str], *, in_bfloat16: bool = False
) -> list[Feature] | None:
    steps = fuse_steps(stages, requested, in_bfloat16=in_bfloat16) if is_native_input(shown) else None
    if not steps:
        return None
    return native_forward(shown, steps, lambda x: forward_plain(stages, x, requested))


def is_native_input(shown: Image) -> bool:
    """Return whether the compiled kernels support an image's device and dtype."""
    on_processor = shown.device.type in ("cpu", "meta")
    return on_processor and shown.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


def forward_plain(stages: Stages, shown: Image, requested: Sequence[str]) -> list[Feature]:
    """Compute the features one stage after another, up to the last requested one."""
    features: dict[str, Feature] = {}
    x = shown
    for name, stage in stages.items():
        if len(features) == len(requested):
            break
        x = stage(x)
        if name in requested:
            features[name] = x
    return [features[name] for name in requested]


ENGINES: Mapping[Engine, ForwardPass] = {
    "plain": forward_plain,
    "channels-last": forward_channels_last,
    "native": forward_native,
}


def usable_engines() -> tuple[Engine, ...]:
    """Return the backends that are available in this installation."""
    return tuple(engine for engine in ENGINES if engine != "native" or load_library() is not None)


def default_engine() -> Engine:
    """Return the backend that `auto` stands for on CPUs: native if its kernels were built, else channels-last.

    The order is fixed, not measured at run time: a measurement under load once chose plain torch, and kept it.
    `bench/engine.py` finds this order on every processor tried.
    """
    return "native" if load_library() is not None else "channels-last"


def choose_engine(engine: Engine | Literal["auto"], device: torch.device) -> Engine:
    """Return the backend for a device: the requested one on CPUs (see `default_engine` for `auto`), elsewhere plain.

    Raises: InputError: it is not available.
    """
    if device.type != "cpu":
        return "plain"
    known = usable_engines()
    if engine not in ("auto", *known):
        raise InputError(f"engine {engine!r} was given; expected {' or '.join(('auto', *known))}.")
    return default_engine() if engine == "auto" else engine
