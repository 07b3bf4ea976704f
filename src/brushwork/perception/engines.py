"""The ways to compute a network's features: the plain modules, and faster paths that equal them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import torch
from torch import nn

from brushwork.perception.native.chain import chain
from brushwork.perception.native.library import library
from brushwork.perception.native.look import look
from brushwork.perception.nnpack import has_nnpack, walk_nnpack
from brushwork.perception.walk import Walk, walk
from brushwork.types import Feature, Image

Engine: TypeAlias = Literal["plain", "channels-last", "nnpack", "native"]
"""`plain`: the modules as they are. `channels-last`: the same with channels lying together, which torch's convolutions
like better. `nnpack`: Winograd convolutions that torch carries, for single pictures in float32. `native`: brushwork's
own kernels, where they were built, for VGG in float32 on processors."""


def walk_channels_last(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """The same, with the channels of each cell lying together in memory."""
    return walk(stages, order, shown.contiguous(memory_format=torch.channels_last), wanted)


def walk_native(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """By the compiled part; the plain way for networks, numbers and devices that it does not know."""
    steps = chain(stages, order, wanted) if library() is not None and is_taken(shown) else None
    if not steps:
        return walk(stages, order, shown, wanted)
    return look(shown, steps, lambda x: walk(stages, order, x, wanted))


def is_taken(shown: Image) -> bool:
    """Whether the compiled part takes such pictures."""
    on_processor = shown.device.type in ("cpu", "meta")
    return on_processor and shown.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


ENGINES: Mapping[Engine, Walk] = {
    "plain": walk,
    "channels-last": walk_channels_last,
    "nnpack": walk_nnpack,
    "native": walk_native,
}

_THERE: Mapping[Engine, Callable[[], bool]] = {"nnpack": has_nnpack, "native": lambda: library() is not None}


def usable() -> tuple[Engine, ...]:
    """The engines that this installation has."""
    return tuple(engine for engine in ENGINES if engine not in _THERE or _THERE[engine]())
