"""What parts cost: seconds and memory of a closure, part by part and at once.

    python bench/tiles.py ratio --pixels 1 --sides 512 768 --keeping 1 99     against at once, by turns, medians of
    pairs python bench/tiles.py growth --pixels 1 2 4 8 --memory 3                  seconds and peak memory over the
    picture's size python bench/tiles.py giant --pixels 64 --side 1536 --kept 40 --history 5 a closure and a step of
    L-BFGS, against a
                                                                              megapixel at once before, between and
                                                                              after

Pictures are square, of noise, after the default recipe with VGG-19. Each number is taken in a process of its own, whose
peak is the largest resident set; files that are mapped into memory count as far as they are resident. Results go to
bench/results/tiles-WHAT.json, those of `growth` are drawn too, where matplotlib is there.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from math import isqrt
from pathlib import Path

import torch

from brushwork.cli.process import tune_process
from brushwork.controls import RecipeInputs
from brushwork.devices.memory import trim_memory
from brushwork.devices.select import select_device
from brushwork.gradients.partition import FullImage
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size
from brushwork.jobs.image_sizes import InputSizes
from brushwork.jobs.manifest import describe_machine
from brushwork.jobs.memory_estimate import MemoryEstimator
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import load_preset, run_recipe
from brushwork.recipes.multiscale import ResumeState
from brushwork.recipes.optimizers import make_optimizer
from brushwork.recipes.style_transfer import TransferProblem

RESULTS = Path(__file__).parent / "results"
MEGA, GIGA = 10**6, 10**9
PAINTING = 1024
"""Pixels a side of the painting, whatever the picture's size."""


def options_at(side: int, engine: str, history: int = 5):
    scale = min(1.0, PAINTING / side)
    return replace(load_preset("default"), size=side, min_size=0, engine=engine, history=history, style_scale=(scale,))


def noise(side: int, seed: int) -> torch.Tensor:
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIGA


def tiling_of(asked) -> Tiling | None:
    return Tiling(asked.side, asked.kept) if asked.side else None


def closures(asked) -> dict:
    """Seconds of closures at a point, in this process."""
    options = options_at(asked.size, asked.engine)
    encoder = load_encoder_for(options, "cpu")
    share = FullImage(tiling_of(asked))
    subject = TransferProblem(
        noise(asked.size, 1), [noise(min(PAINTING, asked.size), 2)], options, encoder, partition=share
    )
    evaluate = subject.evaluate_at(Size(asked.size, asked.size))
    trim_memory()
    times, image = [], noise(asked.size, 3)
    for _ in range(asked.closures):
        leaf = image.requires_grad_()
        leaf.grad = None
        begin = time.perf_counter()
        evaluate(leaf)
        times.append(time.perf_counter() - begin)
    return {"seconds": times, "peak": peak(), "engine": getattr(encoder, "engine", "plain")}


def pairs(picture: torch.Tensor, history: int) -> dict[str, torch.Tensor]:
    """As many pairs of L-BFGS as its history has room for. They take no memory until they are loaded."""
    found = {}
    for index in range(history):
        row = torch.rand(1, 3, 1, picture.shape[-1], generator=torch.Generator().manual_seed(index)) - 0.5
        found[f"lbfgs.s.{index}"], found[f"lbfgs.y.{index}"] = (
            (scale * row).expand_as(picture) for scale in (0.01, 0.1)
        )
    return found


def steps(asked) -> dict:
    """Seconds of steps of L-BFGS whose history is full, the evaluation of the start first."""
    options = replace(options_at(asked.size, asked.engine, asked.history), iterations=asked.closures)
    options = replace(options, history_storage=asked.storage)
    encoder = load_encoder_for(options, "cpu")
    pictures = RecipeInputs(noise(asked.size, 1), (noise(min(PAINTING, asked.size), 2),))
    begin, times = time.perf_counter(), []
    start = noise(asked.size, 3)[:, :, :1].expand(1, 3, asked.size, asked.size)
    state = make_optimizer(options).state() | pairs(start, asked.history)
    saved = ResumeState(0, 0, {**state, "point": start, "shown": start})
    for _ in run_recipe(options, pictures, encoder=encoder, resume=saved, partition=FullImage(tiling_of(asked))):
        times.append(time.perf_counter() - begin)
        begin = time.perf_counter()
    return {"seconds": times, "peak": peak(), "engine": getattr(encoder, "engine", "plain")}


def alone(what: str, asked, **changes) -> dict:
    """The same in a process of its own."""
    given = {
        "size": 0,
        "side": 0,
        "kept": 1,
        "closures": asked.closures,
        "engine": asked.engine,
        "threads": asked.threads,
    }
    flags = [part for name, value in (given | changes).items() for part in (f"--{name}", str(value))]
    command = [sys.executable, __file__, what, *flags]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(found.splitlines()[-1])


def ratio(asked) -> list[dict]:
    rows = []
    for pixels in asked.pixels:
        size = isqrt(round(pixels * MEGA)) // 16 * 16
        variants = [(0, 1), *((side, kept) for side in asked.sides for kept in asked.keeping if side < size)]
        found = {variant: [] for variant in variants}
        for _ in range(asked.rounds):
            for side, kept in variants:
                found[side, kept].append(alone("closures", asked, size=size, side=side, kept=kept))
        at_once = [min(one["seconds"]) for one in found[0, 1]]
        for (side, kept), runs in found.items():
            seconds = [min(one["seconds"]) for one in runs]
            pairs = [tile / whole for tile, whole in zip(seconds, at_once, strict=True)]
            rows.append(
                {
                    "size": size,
                    "side": side,
                    "kept": kept,
                    "seconds": statistics.median(seconds),
                    "ratio": statistics.median(pairs),
                    "peak": max(one["peak"] for one in runs),
                    "engine": runs[0]["engine"],
                }
            )
            tell(rows[-1])
    return rows


def growth(asked) -> list[dict]:
    rows = []
    for pixels in asked.pixels:
        size = isqrt(round(pixels * MEGA)) // 16 * 16
        tiling = fitting(size, asked)
        side, kept = tiling or (0, 1)
        found = alone("closures", asked, size=size, side=side, kept=kept)
        each = min(found["seconds"]) / (size * size / MEGA)
        rows.append({"size": size, "side": side, "kept": kept, "seconds a megapixel": each, "peak": found["peak"]})
        tell(rows[-1])
    return rows


def fitting(size: int, asked) -> Tiling | None:
    """At once, where that fits; else the tiles that do, as a job takes them."""
    options = options_at(size, asked.engine)
    small = min(PAINTING, size)
    need = MemoryEstimator(
        InputSizes(Size(size, size), (Size(small, small),)), load_encoder_for(options, "cpu"), select_device("cpu")
    )
    room = round(asked.memory * GIGA)
    return None if need(options) <= room else need.choose_tiling(options, room)


def giant(asked) -> list[dict]:
    size = isqrt(round(asked.pixels[0] * MEGA)) // 16 * 16
    small = isqrt(MEGA) // 16 * 16
    what = {"size": size, "side": asked.side, "kept": asked.kept}
    near = [alone("closures", asked, size=small, closures=4)]
    closure = alone("closures", asked, **what)
    near.append(alone("closures", asked, size=small, closures=4))
    step = alone("steps", asked, **what, history=asked.history, storage=asked.storage)
    near.append(alone("closures", asked, size=small, closures=4))
    at_once = [statistics.median(one["seconds"][1:]) / small**2 for one in near]
    rows = [
        what
        | {
            "history": asked.history,
            "storage": asked.storage,
            "at once, s a megapixel": [seconds * MEGA for seconds in at_once],
            "closure": closure["seconds"],
            "closure's peak": closure["peak"],
            "closure, times as long a pixel": min(closure["seconds"]) / size**2 / statistics.mean(at_once[:2]),
            "steps": step["seconds"],
            "steps' peak": step["peak"],
            "step, times as long a pixel": min(step["seconds"]) / size**2 / statistics.mean(at_once[1:]),
            "engine": step["engine"],
        }
    ]
    tell(rows[0])
    return rows


def tell(row: dict) -> None:
    print(
        "  ".join(
            f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()
        ),
        flush=True,
    )


def write(what: str, rows: list[dict]) -> None:
    RESULTS.mkdir(exist_ok=True)
    document = {"machine": describe_machine(select_device("cpu")), "rows": rows}
    (RESULTS / f"tiles-{what}.json").write_text(json.dumps(document, indent=1) + "\n")


def draw(rows: list[dict]) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("no plot: install brushwork[plot]")
        return
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    memory, seconds = figure.subplots(1, 2)
    pixels = [row["size"] ** 2 / MEGA for row in rows]
    memory.plot(pixels, [row["peak"] for row in rows], marker="o")
    memory.set(xlabel="megapixels", ylabel="peak memory of a closure, GB", ylim=(0, None))
    seconds.plot(pixels, [row["seconds a megapixel"] for row in rows], marker="o")
    seconds.set(xlabel="megapixels", ylabel="seconds a megapixel", ylim=(0, None))
    figure.savefig(RESULTS / "tiles-growth.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["ratio", "growth", "giant", "closures", "steps"])
    parser.add_argument("--pixels", type=float, nargs="+", default=[1.0], help="megapixels")
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 768], help="pixels of tiles")
    parser.add_argument("--keeping", type=int, nargs="+", default=[1], help="tiles kept between the passes")
    parser.add_argument("--memory", type=float, default=3.0, help="gigabytes that tensors may take")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--closures", type=int, default=2)
    parser.add_argument("--history", type=int, default=5)
    parser.add_argument("--storage", default="full", help="of the history: full, half or disk")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--side", type=int, default=0)
    parser.add_argument("--kept", type=int, default=1)
    asked = parser.parse_args()
    tune_process()  # as the command does
    torch.set_num_threads(asked.threads)
    if asked.what in ("closures", "steps"):
        print(json.dumps({"closures": closures, "steps": steps}[asked.what](asked)))
        return
    rows = {"ratio": ratio, "growth": growth, "giant": giant}[asked.what](asked)
    write(asked.what, rows)
    if asked.what == "growth":
        draw(rows)


if __name__ == "__main__":
    main()
