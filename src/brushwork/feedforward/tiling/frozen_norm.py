"""Evaluation of a network in independent tiles, with fixed normalization statistics.

The statistics are measured once, on a smaller copy of the image. They are then the same everywhere, so no seams are
visible. The result is that of the whole network with these statistics.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from brushwork.choices import Engine
from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.exact_norm import STRIP, ExactNormPass, make_buffers
from brushwork.feedforward.tiling.graph import NetworkGraph, NormStatisticsValue
from brushwork.feedforward.tiling.trace import Network, trace_network
from brushwork.images.geometry import Size, Window, cut_evenly, fit_size
from brushwork.images.resample import resize
from brushwork.types import Image

COPY = 1024
"""Side of a square with as many pixels as the copy used for measuring the statistics."""

_LEAST = 16
"""Minimum side of a tile in pixels, without its halo."""


def measure_statistics(
    network: Network, image: Image, side: int = COPY, engine: Engine = "plain"
) -> list[NormStatisticsValue]:
    """Return the statistics of a network's norms, in order, on a copy of the image with at most `side`² pixels."""
    size = fit_size(Size.of(image), side, measure="area")
    copy = image if size.area >= Size.of(image).area else resize(image, size, clamp=True)
    return graph_statistics(trace_network(network, copy, engine), copy)


def graph_statistics(graph: NetworkGraph, image: Image) -> list[NormStatisticsValue]:
    """Return the statistics of a network's norms, in order, on an image of the size that was traced."""
    norm_pass = ExactNormPass(graph, image, STRIP, make_buffers(graph))
    for _ in norm_pass.compute():
        pass
    return [norm_pass.statistics[norm] for norm in graph.norms]


def stylize_tiled(
    graph: NetworkGraph, image: Image, statistics: list[NormStatisticsValue], side: int
) -> Iterator[float | Image]:
    """Stylize an image in tiles of `side` pixels, halo included.

    Yields the fraction of the work done, and finally the image.
    """
    evaluator = WindowEvaluator(graph, {0: image}, dict(zip(graph.norms, statistics, strict=True)))
    whole = image.new_empty(graph.nodes[graph.output].shape)
    windows = split_tiles(evaluator, side)
    if image.is_meta:  # on `meta`, which only estimates memory, one tile of each size
        windows = list({(one.height, one.width): one for one in windows}.values())
    for number, window in enumerate(windows, start=1):
        window.crop(whole).copy_(evaluator.compute(graph.output, window))
        yield number / len(windows)
    yield whole


def split_tiles(evaluator: WindowEvaluator, side: int) -> list[Window]:
    """Return disjoint tiles of the result, each depending on about `side` × `side` pixels of the image."""
    size, image = evaluator.graph.nodes[-1].size, evaluator.graph.nodes[0].size
    own = max(_LEAST, side - halo_of(evaluator))
    rows, columns = (
        cut_evenly(length, ceil(length / max(1, round(own * length / across))))
        for length, across in zip(size, image, strict=True)
    )
    return Window.grid(rows, columns, size)


def halo_of(evaluator: WindowEvaluator) -> int:
    """Return the side of the input window that one pixel in the middle of the output depends on."""
    last = evaluator.graph.nodes[-1].size
    middle = Window(last.height // 2, last.width // 2, 1, 1, last)
    seen = evaluator.required_windows(evaluator.graph.output, middle)[0]
    return max(seen.height, seen.width)
