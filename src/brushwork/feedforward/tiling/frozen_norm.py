"""A picture of any size through a network in tiles that know nothing of each other: the norms' statistics are known.

They are taken once, from a smaller copy of the picture, and are then the same everywhere: no seam can be seen. What
comes of it is what the whole network would paint with these statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil

from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.exact_norm import STRIP, ExactNormPass
from brushwork.feedforward.tiling.graph import NetworkGraph, NormStatisticsValue
from brushwork.feedforward.tiling.trace import Network, trace_network
from brushwork.images.geometry import Size, Window
from brushwork.images.resample import fit_size, resize
from brushwork.types import Image

COPY = 1024
"""Side of a square with as many pixels as the copy has that the statistics are taken from."""

_LEAST = 16
"""Pixels of a tile's side at least, without its halo."""


def measure_statistics(network: Network, image: Image, side: int = COPY) -> list[NormStatisticsValue]:
    """What a network's norms find, in order, in a copy of the picture that is at most as large as a square."""
    size = fit_size(Size.of(image), side, measure="area")
    copy = image if size.area >= Size.of(image).area else resize(image, size, clamp=True)
    graph = trace_network(network, copy)
    gathering = ExactNormPass(graph, copy, STRIP, lambda shape, like: like.new_empty(*shape))
    for _ in gathering.compute():
        pass
    return [gathering.statistics[norm] for norm in graph.norms]


def stylize_tiled(
    graph: NetworkGraph, image: Image, statistics: list[NormStatisticsValue], side: int
) -> Iterator[float | Image]:
    """Shares of the work that are done, and at last the picture, painted in tiles of `side` pixels, halo included."""
    passage = WindowEvaluator(graph, {0: image}, dict(zip(graph.norms, statistics, strict=True)))
    whole = image.new_empty(graph.nodes[graph.output].shape)
    windows = split_tiles(passage, side)
    if image.is_meta:  # where only memory counts, one of each size
        windows = list({(one.height, one.width): one for one in windows}.values())
    for number, window in enumerate(windows, start=1):
        window.crop(whole).copy_(passage.compute(graph.output, window))
        yield number / len(windows)
    yield whole


def split_tiles(passage: WindowEvaluator, side: int) -> list[Window]:
    """Disjoint tiles of the result, each of which looks at a square of `side` pixels of the picture, or little more."""
    size, image = passage.graph.nodes[-1].size, passage.graph.nodes[0].size
    own = max(_LEAST, side - halo_of(passage))
    cuts = [
        _cuts(length, ceil(length / max(1, round(own * length / across))))
        for length, across in zip(size, image, strict=True)
    ]
    return [
        Window(top, left, bottom - top, right - left, size)
        for top, bottom in pairwise(cuts[0])
        for left, right in pairwise(cuts[1])
    ]


def halo_of(passage: WindowEvaluator) -> int:
    """Pixels that a tile in the middle looks at beyond its own, both sides together."""
    last = passage.graph.nodes[-1].size
    middle = Window(last.height // 2, last.width // 2, 1, 1, last)
    seen = passage.required_windows(passage.graph.output, middle)[0]
    return max(seen.height, seen.width)


def _cuts(length: int, count: int) -> list[int]:
    return [length * number // count for number in range(count + 1)]
