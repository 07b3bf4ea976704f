"""Seconds and memory of Johnson models by size and by way: at once, in strips, with maps in files, in frozen tiles.

    bench/model_sizes.py [--width 16] [--size 2048x2048] [--way gathered]

Weights are random: neither time nor memory hangs on them. Each case has a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter, process_time

import torch

from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.exact_norm import STRIP, ExactNormPass
from brushwork.feedforward.tiling.frozen_norm import measure_statistics, stylize_tiled
from brushwork.feedforward.tiling.trace import Network, trace_network
from brushwork.storage.mapped import empty_or_mapped
from brushwork.types import Image

SIZES = ("512x512", "1024x1024", "2048x2048", "4096x3072")
WIDTHS = (16, 32)
WAYS = ("whole", "exact", "files", "frozen")
LARGE = 2**23  # bytes of a map that goes into a file
TILE = 1024


def main() -> None:
    """One case, or all that the arguments leave open."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--width", type=int)
    parser.add_argument("--size")
    parser.add_argument("--way", choices=WAYS)
    given = parser.parse_args()
    chosen = (
        [given.width] if given.width else WIDTHS,
        [given.size] if given.size else SIZES,
        [given.way] if given.way else WAYS,
    )
    cases = list(product(*chosen))
    if len(cases) == 1:
        measure(*cases[0])
        return
    for width, size, way in cases:
        subprocess.run([sys.executable, __file__, "--width", str(width), "--size", size, "--way", way], check=True)


def measure(width: int, size: str, way: str) -> None:
    """Paint one picture, and print what it took beyond the picture itself."""
    columns, rows = map(int, size.split("x"))
    network = build_network(JohnsonConfig(width=width, upsampling="nearest")).eval().requires_grad_(False)
    image = torch.rand(1, 3, rows, columns, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        network(torch.rand(1, 3, 128, 128))  # what is made once
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
        began, spent = perf_counter(), process_time()
        for _ in painted(network, image, way):
            pass
    seconds, cpu = perf_counter() - began, process_time() - spent
    print(
        f"{way:9} width {width} {size:>10} {seconds:7.2f} s ({cpu:.2f} s of processors) {memory('VmHWM') - before:6.0f} MB"
    )


def painted(network: Network, image: Image, way: str) -> Iterator[object]:
    """The picture, and how far it is before."""
    if way == "whole":
        return iter([network(image)])
    graph = trace_network(network, image)
    if way == "frozen":
        return stylize_tiled(graph, image, measure_statistics(network, image), TILE)
    room = partial(empty_or_mapped, large=LARGE) if way == "files" else lambda shape, like: like.new_empty(*shape)
    return ExactNormPass(graph, image, STRIP, room).compute()


def memory(entry: str) -> float:
    """MB of this process, as Linux counts them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{entry}:"))


if __name__ == "__main__":
    main()
