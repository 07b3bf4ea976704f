"""The plain way through a network: one module after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from torch import nn

from brushwork.types import Feature, Image

ForwardPass: TypeAlias = Callable[[Mapping[str, nn.Module], Sequence[str], Image, Sequence[str]], list[Feature]]
"""From the stages, their order, a picture as the network is shown it, and some stages' names, to their features."""


def forward_plain(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """One stage after the other, up to the last one that is wanted."""
    seen: dict[str, Feature] = {}
    x = shown
    for name in order:
        if len(seen) == len(wanted):
            break
        x = stages[name.replace(".", "_")](x)
        if name in wanted:
            seen[name] = x
    return [seen[name] for name in wanted]
