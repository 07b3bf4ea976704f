"""What each step of the processor's engine brings: seconds of a closure, by turns, and peak memory.

    python bench/engine.py [--sizes 256 512] [--repeats 5] [--threads N] [--layers] [--json FILE]

A closure: VGG-19 with mirrored borders, forward to relu5_1, Gram matrices at five layers, content at one, and the
gradient of the picture. Each way works in a process of its own, and they wait for each other. `--layers` adds a table
of the native engine's layers: milliseconds, and the speed that a direct convolution would need for them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT = "relu4_2"


@dataclass(frozen=True)
class Way:
    """One way to compute a closure."""

    name: str
    engine: str
    tiles: tuple[int, int] = (4, 6)
    """Forward and backward."""
    joins_pools: bool = True
    sums: bool = True
    """Gram matrices by the native part."""
    keeps_memory: bool = True


WAYS = (
    Way("plain", "plain", keeps_memory=False),
    Way("plain, memory kept", "plain"),
    Way("channels-last", "channels-last"),
    Way("native F(4), pools apart, torch's Gram", "native", (4, 4), joins_pools=False, sums=False),
    Way("+ F(6) backward", "native", joins_pools=False, sums=False),
    Way("+ pools joined", "native", sums=False),
    Way("+ symmetric Gram", "native"),
    Way("the same, memory not kept", "native", keeps_memory=False),
    Way("the same, F(6) forward too", "native", (6, 6)),
)


def main() -> None:
    options = _options()
    results = []
    for size in options.sizes:
        workers = [(way, _start(place, size, options)) for place, way in enumerate(WAYS) if _is_there(way)]
        seconds: dict[str, list[float]] = {way.name: [] for way, _ in workers}
        for _ in range(options.repeats):
            for way, worker in workers:
                seconds[way.name].append(_turn(worker))
        results += [_result(size, way, seconds[way.name], _turn(worker, "memory")) for way, worker in workers]
        _print(size, [one for one in results if one["size"] == size])
    if options.layers:
        subprocess.run([sys.executable, __file__, "--layers-of", str(options.sizes[-1])], check=True)
    if options.json:
        with open(options.json, "w") as file:  # noqa: PTH123
            json.dump({"machine": _machine(), "results": results}, file, indent=1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--layers", action="store_true")
    parser.add_argument("--json")
    parser.add_argument("--worker", type=int, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--layers-of", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        sys.exit(_work(WAYS[options.worker[0]], options.worker[1]))
    if options.layers_of:
        sys.exit(_layers(options.layers_of))
    return options


def _is_there(way: Way) -> bool:
    from brushwork.encoders.backends import usable_engines

    return way.engine in usable_engines()


def _start(place: int, size: int, options: argparse.Namespace) -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": str(options.threads), "GOMP_SPINCOUNT": "1000"}
    command = [sys.executable, __file__, "--worker", str(place), str(size)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _turn(worker: subprocess.Popen[str], what: str = "closure") -> float:
    assert worker.stdin and worker.stdout
    worker.stdin.write(what + "\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def _result(size: int, way: Way, seconds: list[float], memory: float) -> dict[str, object]:
    return {**asdict(way), "size": size, "seconds": statistics.median(seconds), "least": min(seconds), "memory": memory}


def _print(size: int, results: list[dict[str, object]]) -> None:
    plain = float(str(results[0]["seconds"]))
    print(f"\n{size}×{size} pixels, {_machine()}\n\n| way | s per closure | least | times as fast | peak MB |")
    print("|---|---|---|---|---|")
    for one in results:
        seconds = float(str(one["seconds"]))
        print(f"| {one['name']} | {seconds:.3f} | {one['least']:.3f} | {plain / seconds:.2f} | {one['memory']:.0f} |")


def _machine() -> str:
    import torch

    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}"


def _work(way: Way, size: int) -> None:
    from brushwork.cli.process import tune_process

    if way.keeps_memory:
        tune_process()
    closure = _prepared(way, size)
    for line in sys.stdin:
        print(closure() if line.strip() == "closure" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        sys.stdout.flush()


def _prepared(way: Way, size: int):
    import torch

    from brushwork import load_encoder
    from brushwork.encoders.native import autograd, fusion
    from brushwork.encoders.native import statistics as moments
    from brushwork.losses.moments import gram

    autograd.EXACT, autograd.FAST = way.tiles
    if not way.joins_pools:
        fusion._joined = lambda steps, pool: pool
    if not way.sums:
        moments.is_supported = lambda feature: False
    encoder = load_encoder(padding="reflect", engine=way.engine)
    generator = torch.Generator().manual_seed(0)
    picture = torch.rand(1, 3, size, size, generator=generator)
    with torch.no_grad():
        features = encoder(torch.rand(1, 3, size, size, generator=generator), [*STYLE, CONTENT])
        grams, content = {tap: gram(features[tap]) for tap in STYLE}, features[CONTENT].clone()
    del features

    def closure() -> float:
        begin = time.perf_counter()
        image = picture.clone().requires_grad_()
        features = encoder(image, [*STYLE, CONTENT])
        losses = [((gram(features[tap]) - target) / target.norm()).square().sum() for tap, target in grams.items()]
        losses.append((features[CONTENT] - content).square().mean())
        del features
        torch.stack(losses).sum().backward()
        return time.perf_counter() - begin

    closure()
    return closure


def _layers(size: int) -> None:
    """Each call of the compiled part, timed."""
    from brushwork.encoders.native import autograd

    found: dict[tuple[object, ...], list[float]] = {}
    plain = autograd.call_layer

    def timed(name, layer, like):
        begin = time.perf_counter()
        plain(name, layer, like)
        way = "backward" if layer.input_mask else "forward"
        key = (way, layer.inputs, layer.outputs, layer.rows, layer.columns, layer.pool + layer.unpool > 0)
        found.setdefault(key, []).append(time.perf_counter() - begin)

    autograd.call_layer = timed
    closure = _prepared(WAYS[6], size)
    found.clear()
    for _ in range(5):
        closure()
    print("\n| layer | ms | GFLOP/s of a direct convolution |\n|---|---|---|")
    for (way, inputs, outputs, rows, columns, pools), seconds in found.items():
        least, flops = min(seconds), 18 * inputs * outputs * rows * columns
        what = f"{way} {inputs} → {outputs}, {columns}×{rows}{', pooled' if pools else ''}"
        print(f"| {what} | {least * 1e3:.1f} | {flops / least / 1e9:.0f} |")


if __name__ == "__main__":
    main()
