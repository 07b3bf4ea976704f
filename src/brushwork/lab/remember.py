"""A network that remembers: targets that several cells share are computed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import torch

from brushwork.perception import Encoder
from brushwork.types import Features, Image

CACHE_BYTES = 2 * 2**30
"""Bytes of features that are remembered."""


def with_feature_cache(encoder: Encoder, room: int = CACHE_BYTES) -> Encoder:
    """The encoder itself, which from now on keeps what it sees without a graph, and hands it out again.

    Features that are asked for with a graph are computed anew: they belong to a picture being painted. What was not
    asked for longest goes when `room` bytes are full.
    """
    look, seen = encoder.forward, OrderedDict[tuple[object, ...], Features]()

    def forward(image: Image, layers: Iterable[str]) -> Features:
        source = tuple(layers)
        if torch.is_grad_enabled() or image.is_meta:
            return look(image, source)
        key = (source, *image.shape, image.contiguous().cpu().numpy().tobytes())
        if key not in seen:
            seen[key] = look(image, source)
        seen.move_to_end(key)
        while len(seen) > 1 and sum(map(_bytes, seen.values())) > room:
            seen.popitem(last=False)
        return seen[key]

    encoder.forward = forward  # type: ignore[method-assign]
    return encoder


def _bytes(features: Features) -> int:
    return sum(feature.nbytes for feature in features.values())
