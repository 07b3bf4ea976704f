"""Processor seconds of a closure of `default` in several precisions, by turns, and peak memory.

    python bench/precision.py examples/bridge.jpg examples/great_wave.png [--size 512] [--repeats 7] [--precisions full bf16]

A closure: the network, the losses, and the gradient of the picture, on one thread. Each precision has a process of its
own, which waits while the others work. Seconds are those of the processor: other programs count only by what they take
from caches and memory. Losses and the length of the gradient show that the same is computed.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time


def main() -> None:
    options = _options()
    if options.worker:
        _work(options)
        return
    workers = {one: _start(one, options) for one in options.precisions}
    found: dict[str, list[list[float]]] = {one: [] for one in workers}
    for _ in range(options.repeats):
        for name, worker in workers.items():
            assert worker.stdin and worker.stdout
            worker.stdin.write("closure\n")
            worker.stdin.flush()
            found[name].append([float(word) for word in worker.stdout.readline().split()])
    print("| precision | median, s | least, s | peak MB | loss | gradient |\n|---|---|---|---|---|---|")
    for name, rows in found.items():
        seconds, (*_, memory, loss, slope) = [row[0] for row in rows], rows[-1]
        print(
            f"| {name} | {statistics.median(seconds):.3f} | {min(seconds):.3f} | {memory:.0f} | {loss:.3f} | {slope:.4f} |"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photograph")
    parser.add_argument("painting")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--precisions", nargs="+", default=["full", "bf16"])
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser.parse_args()


def _start(precision: str, options: argparse.Namespace) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, options.photograph, options.painting]
    command += ["--size", str(options.size), "--worker", precision]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _work(options: argparse.Namespace) -> None:
    from brushwork.cli.process import tune_process

    tune_process()
    closure = _prepare(options)
    closure()
    for _ in sys.stdin:
        begin = time.process_time()
        loss, slope = closure()
        seconds = time.process_time() - begin
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, loss, slope, flush=True)


def _prepare(options: argparse.Namespace):
    import torch

    from brushwork.gradients import evaluate_whole
    from brushwork.images import Size
    from brushwork.images.read import as_image
    from brushwork.options.encoder import load_encoder_for
    from brushwork.recipes import TransferOptions
    from brushwork.recipes.style_transfer import TransferProblem

    recipe = TransferOptions(size=options.size, precision=options.worker)
    photograph, painting = as_image(options.photograph), as_image(options.painting)
    encoder = load_encoder_for(recipe, torch.device("cpu"))
    size = recipe.schedule(Size.of(photograph))[-1].size
    problem = TransferProblem(photograph, [painting], recipe, encoder)
    evaluate = evaluate_whole(encoder, problem.objective_at(size))
    image = torch.nn.functional.interpolate(photograph, size, mode="area").requires_grad_()

    def closure() -> tuple[float, float]:
        image.grad = None
        losses = evaluate(image)
        assert image.grad is not None
        return float(losses.total), float(image.grad.norm())

    return closure


if __name__ == "__main__":
    main()
