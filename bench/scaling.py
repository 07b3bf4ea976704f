"""What a step costs when several processes paint one picture: compute, bytes, and whether it is the same picture.

    python bench/scaling.py [--size 224] [--ranks 2] [--steps 20] [--precise] [--out bench/results/scaling.json]

starts the processes on this machine, counts what travels between them, paints the same alone, compares the pictures,
and prints a table. With `--precise` everything is computed in float64: then the pictures must agree; in float32
L-BFGS makes visible differences of roundings within 20 steps, be they of ranks or of threads. The expected speed-ups
of `docs/scaling.md` are computed, with `--model` alone, from formulas and a speed (`--rate`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from brushwork.controls import RecipeInputs
from brushwork.distributed.process_group import ProcessGroup, TorchProcessGroup
from brushwork.gradients.partition import RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size, read_image, resize
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import Progress, TransferOptions, load_preset, run_recipe

EXAMPLES = Path(__file__).parents[1] / "examples"
SIDE = 1024
"""Pixels of a tile."""

# Of the model; what they are is said in docs/scaling.md.
CHANNELS = (64, 128, 256, 512, 512)
GIGAPIXEL = 10**9
HISTORY = 30
HALO = 80
BYTES = {"float32": 4, "float64": 8}
LATENCY = 1e-4
MACHINES = (1, 2, 4, 8, 16, 32, 64)
NETWORKS = {"1 Gbit/s": 1e9 / 8, "10 Gbit/s": 1e10 / 8, "100 Gbit/s": 1e11 / 8}


class Counted:
    """A wire whose bytes and seconds are counted, by what they are for."""

    def __init__(self, wire: ProcessGroup) -> None:
        self.wire, self.rank, self.world_size = wire, wire.rank, wire.world_size
        self.bytes: dict[str, int] = defaultdict(int)
        self.calls: dict[str, int] = defaultdict(int)
        self.seconds: dict[str, float] = defaultdict(float)

    def _timed(self, what: str, sent: int, act: Any) -> Any:
        begin = perf_counter()
        result = act()
        self.seconds[what] += perf_counter() - begin
        self.bytes[what] += sent
        self.calls[what] += 1
        return result

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        what = "products" if tensor.numel() <= 1 else "sums"
        return self._timed(what, tensor.nbytes, lambda: self.wire.all_reduce_sum(tensor))

    def all_reduce_max(self, tensor: Tensor) -> Tensor:
        return self._timed("products", tensor.nbytes, lambda: self.wire.all_reduce_max(tensor))

    def exchange(self, parcels: Mapping[int, Tensor], expected: Mapping[int, Tensor]) -> None:
        sent = sum(parcel.nbytes for parcel in parcels.values())
        self._timed("halo", sent, lambda: self.wire.exchange(parcels, expected))

    def broadcast(self, value: Any) -> Any:
        return self._timed(
            "losses", 8 * len(value) if isinstance(value, list) else 0, lambda: self.wire.broadcast(value)
        )

    def all_gather(self, value: Any) -> Sequence[Any]:
        return self.wire.all_gather(value)

    def send(self, tensor: Tensor, to: int) -> None:
        self.wire.send(tensor, to)

    def receive(self, like: Tensor, source: int) -> Tensor:
        return self.wire.receive(like, source)

    def clear(self) -> None:
        for counter in (self.bytes, self.calls, self.seconds):
            counter.clear()


def options(size: int, steps: int) -> TransferOptions:
    """Our default at one size."""
    return replace(load_preset("default"), size=size, measure="long", min_size=0, iterations=steps)


def pictures(size: int, dtype: torch.dtype) -> RecipeInputs:
    """A tall photograph, so that bands are many, and a painting."""
    content = read_image(EXAMPLES / "rocket.jpg").image
    tall = resize(content, Size(size, size * 2 // 3), clamp=True)
    return RecipeInputs(tall.to(dtype), (read_image(EXAMPLES / "great_wave.png").image.to(dtype),))


def timed(steps: Any, wire: Counted | None = None) -> tuple[list[float], Progress]:
    """Seconds of every step, and the last one. The targets, and the first step, do not count as traffic."""
    times, begin = [], perf_counter()
    for last in steps:  # noqa: B007 (the last one is wanted)
        times.append(perf_counter() - begin)
        if wire is not None and len(times) == 1:
            wire.clear()
        begin = perf_counter()
    return times, last


def worker(arguments: argparse.Namespace) -> None:
    """One rank: paint, and write what it counted and its rows."""
    wire = Counted(TorchProcessGroup(torch.device("cpu")))
    asked = options(arguments.size, arguments.steps)
    dtype = precision(arguments)
    encoder = load_encoder_for(asked, "cpu").to(dtype)
    share = RowBand.of(encoder, asked.encoded_layers, wire, Tiling(SIDE))
    times, last = timed(run_recipe(asked, pictures(arguments.size, dtype), encoder=encoder, partition=share), wire)
    counted = {"bytes": wire.bytes, "calls": wire.calls, "seconds": wire.seconds}
    found = {"times": times, "rows": last.image, "counted": {key: dict(value) for key, value in counted.items()}}
    torch.save(found, Path(arguments.worker) / f"{wire.rank}.pt")
    wire.wire.close()


def precision(arguments: argparse.Namespace) -> torch.dtype:
    return torch.float64 if arguments.precise else torch.float32


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """Paint with several processes, and alone."""
    with tempfile.TemporaryDirectory() as folder:
        again = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(arguments.ranks), __file__]
        own = ["--worker", folder, "--size", str(arguments.size), "--steps", str(arguments.steps)]
        own += ["--precise"] * arguments.precise
        subprocess.run([*again, *own], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        ranks = [torch.load(Path(folder) / f"{rank}.pt") for rank in range(arguments.ranks)]
    asked = options(arguments.size, arguments.steps)
    dtype = precision(arguments)
    encoder = load_encoder_for(asked, "cpu").to(dtype)
    times, last = timed(run_recipe(asked, pictures(arguments.size, dtype), encoder=encoder))
    together = torch.cat([rank["rows"] for rank in ranks], dim=2)
    steps = len(times) - 1
    return {
        "machine": {"torch": torch.__version__, "threads": 1, "cores": os.cpu_count()},
        "size": list(last.image.shape[-2:]),
        "steps": len(times),
        "difference": float((together - last.image).abs().max()),
        "seconds_alone": sorted(times)[len(times) // 2],
        "seconds_together": sorted(ranks[0]["times"])[steps // 2],
        "per_step": {
            f"rank {rank}": {
                what: {
                    "bytes": found["counted"]["bytes"][what] / steps,
                    "calls": found["counted"]["calls"][what] / steps,
                    "milliseconds": 1e3 * found["counted"]["seconds"][what] / steps,
                }
                for what in found["counted"]["bytes"]
            }
            for rank, found in enumerate(ranks)
        },
    }


def model(pixels: int, machines: int, bandwidth: float, rate: float) -> dict[str, float]:
    """A step's seconds on a square picture, from bytes and a closure's speed (pixels a second of one machine)."""
    side = pixels**0.5
    rows = side / machines
    halos = HALO * min(2, machines - 1)  # a rank in the middle has two neighbors
    compute = side * (rows + halos) / rate
    halo = 2 * halos * side * 3 * BYTES["float32"]
    sums = 2 * (machines - 1) / machines * sum(c * c + 4 * c for c in CHANNELS) * BYTES["float64"]
    messages = 2 * HISTORY + 8
    talk = (halo + sums) / bandwidth + LATENCY * messages * (machines - 1).bit_length()
    return {"compute": compute, "halo": halo, "sums": sums, "seconds": compute + talk * (machines > 1)}


def table(pixels: int, rate: float) -> str:
    """The expected speed-up, as markdown."""
    lines = ["| machines | rows each | halo MB | sums MB | " + " | ".join(NETWORKS) + " |", "|" + "---|" * 7]
    for machines in MACHINES:
        found = {name: model(pixels, machines, speed, rate) for name, speed in NETWORKS.items()}
        one = model(pixels, 1, 1.0, rate)["seconds"]
        sent = next(iter(found.values()))
        cells = [
            f"{machines}",
            f"{pixels**0.5 / machines:.0f}",
            f"{sent['halo'] / 1e6:.0f}",
            f"{sent['sums'] / 1e6:.1f}",
        ]
        cells += [f"{one / each['seconds']:.1f}" for each in found.values()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--precise", action="store_true", help="in float64")
    parser.add_argument("--rate", type=float, default=1.5e5, help="pixels that one machine does in a second, a closure")
    parser.add_argument("--model", action="store_true", help="only the expected speed-ups")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        worker(arguments)
        return
    if not arguments.model:
        found = measured(arguments)
        text = json.dumps(found, indent=2)
        sys.stdout.write(f"{text}\n")
        if arguments.out:
            arguments.out.write_text(text)
    sys.stdout.write(f"{table(GIGAPIXEL, arguments.rate)}\n")


if __name__ == "__main__":
    main()
