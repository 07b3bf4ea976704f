"""The ways to compute a network's features: the plain modules, and faster paths that equal them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import torch
from torch import nn

from brushwork.perception.native.chain import fuse_steps
from brushwork.perception.native.library import load_library
from brushwork.perception.native.look import native_forward
from brushwork.perception.nnpack import forward_nnpack, has_nnpack
from brushwork.perception.walk import ForwardPass, forward_plain
from brushwork.types import Feature, Image

Engine: TypeAlias = Literal["plain", "channels-last", "nnpack", "native"]
"""`plain`: the modules as they are. `channels-last`: the same with channels lying together, which torch's convolutions
like better. `nnpack`: Winograd convolutions that torch carries, for single pictures in float32. `native`: brushwork's
own kernels, where they were built, for VGG in float32 on processors."""


def forward_channels_last(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """The same, with the channels of each cell lying together in memory."""
    return forward_plain(stages, order, shown.contiguous(memory_format=torch.channels_last), wanted)


def forward_native(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """By the compiled part; the plain way for networks, numbers and devices that it does not know."""
    steps = fuse_steps(stages, order, wanted) if load_library() is not None and is_native_input(shown) else None
    if not steps:
        return forward_plain(stages, order, shown, wanted)
    return native_forward(shown, steps, lambda x: forward_plain(stages, order, x, wanted))


def is_native_input(shown: Image) -> bool:
    """Whether the compiled part takes such pictures."""
    on_processor = shown.device.type in ("cpu", "meta")
    return on_processor and shown.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


ENGINES: Mapping[Engine, ForwardPass] = {
    "plain": forward_plain,
    "channels-last": forward_channels_last,
    "nnpack": forward_nnpack,
    "native": forward_native,
}

_THERE: Mapping[Engine, Callable[[], bool]] = {"nnpack": has_nnpack, "native": lambda: load_library() is not None}


def usable_engines() -> tuple[Engine, ...]:
    """The engines that this installation has."""
    return tuple(engine for engine in ENGINES if engine not in _THERE or _THERE[engine]())
