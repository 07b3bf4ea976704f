"""Style distance over seconds: our qualities, AdaIN, a model, and every program that runs here, from one start.

    python bench/frontier.py [--size 256] [--pairs bridge.jpg+great_wave.png …] [--closures 400] [--threads 1]

Squares of `--size` pixels, cut from the middle, so that no program resizes anything. `draft`, `normal` and `best` are
one point each: their finished picture (and `normal` also on its way, at its full size). The peers run in processes of
their own (see `compare.py`), the published presets here; all of them start from the photograph, with `--closures`
closures, and give a point after 5, 10, 20, 40 … of them. A point is the seconds of processor time since the weights
were loaded, targets included, and what AlexNet and VGG-16, which painted nothing, find: Gram distance to the painting
and content distance to the photograph. Processor time, because it does not depend on what else the machine does;
with one thread it is the time on an idle machine.

A point is written as soon as it is there; what was interrupted goes on where it was. Draws the medians over the
pairs as `--out`/frontier.png: below and to the left is better, and a program may buy style with content.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import PIL.Image
import torch

from brushwork.feedforward import transfer_adain
from brushwork.feedforward.options import AdaINOptions
from brushwork.images import read_image
from brushwork.metrics import Evaluator
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import load_preset, transfer
from brushwork.storage.atomic import atomic_write
from brushwork.types import Image
from compare_engine import EngineProcess
from compare_engines import lay_out_weights
from compare_machine import processor, revision
from compare_task import PEERS, Task
from default_cells import NETWORKS

EXAMPLES = Path(__file__).parent.parent / "examples"
PAIRS = ("bridge.jpg+great_wave.png", "cat.png+auvers.png", "rocket.jpg+composition_viii.png")
QUALITIES = ("draft", "normal", "best")
PRESETS = ("gatys-2016", "fzliu", "keras", "crowsonkb", "spst")
FIRST = 5
"""Closures before the first point; each further point is after twice as many."""

Point: TypeAlias = dict[str, float]
Painted: TypeAlias = Iterator[tuple[float, Image]]
"""Seconds of processor time, and the picture then."""


def main() -> None:
    """Paint and judge what is missing, print the table, draw the plot."""
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(given.threads)
    rows: dict[str, list[list[Point]]] = {}
    for pair in given.pairs:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            content, style = _lay_out(folder, pair, given.size)
            for program, paint in _programs(given, folder, content, style).items():
                record = given.out / f"{pair} {program}.json"
                if not record.exists():
                    points = [{"seconds": at, **_figures(image, content, style, given.size)} for at, image in paint()]
                    with atomic_write(record, overwrite=False) as path:
                        path.write_text(json.dumps(points), encoding="utf-8")
                    print(f"{time.strftime('%X')} {record.stem}: {points[-1]}", flush=True)
                rows.setdefault(program, []).append(json.loads(record.read_text()))
    medians = {program: _medians(found) for program, found in rows.items()}
    print(_table(medians, given))
    with atomic_write(given.out / "frontier.png", overwrite=True) as path:
        _plot(medians, path)


def _lay_out(folder: Path, pair: str, size: int) -> tuple[Image, Image]:
    """Write both pictures, cut to squares, as `content.png` and `style.png`, beside the weights that peers need."""
    for name, source in zip(("content.png", "style.png"), pair.split("+"), strict=True):
        image = PIL.Image.open(EXAMPLES / source).convert("RGB")
        side = min(image.size)
        left, top = ((length - side) // 2 for length in image.size)
        square = image.crop((left, top, left + side, top + side))
        square.resize((size, size), PIL.Image.Resampling.LANCZOS).save(folder / name)
    lay_out_weights(folder)
    return read_image(folder / "content.png").image, read_image(folder / "style.png").image


def _programs(
    given: argparse.Namespace, folder: Path, content: Image, style: Image
) -> Mapping[str, Callable[[], Painted]]:
    """Return what paints the pair by each program."""

    def ours(name: str, quality: Any = "normal") -> Callable[[], Painted]:
        options = replace(load_preset(name, quality), size=given.size, measure="long")
        if name != "default":
            options = replace(options, init="content", iterations=given.closures, min_size=0)
        return lambda: _paint(content, style, options)

    def peer(name: str) -> Callable[[], Painted]:
        task = Task(name, name, given.size, given.closures, str(folder))
        return lambda: _paint_by_peer(task, given.threads, folder / "picture.pt")

    qualities = {quality: ours("default", quality) for quality in QUALITIES}
    return {
        **qualities,
        "AdaIN": lambda: _paint_at_once(content, style),
        **{name: ours(name) for name in PRESETS},
        **{name: peer(name) for name in PEERS},
    }


def _paint(content: Image, style: Image, options: Any) -> Painted:
    """Paint by options of ours; a point at the full size after so many closures, and at the end."""
    encoder = load_encoder_for(options, "cpu")
    encoder.truncate(options.encoded_layers)
    judging, due, image = 0.0, FIRST, content
    began = time.process_time()
    for progress in transfer(content, [style], options, encoder=encoder):
        image = progress.image
        if image.shape == content.shape and progress.iterations >= due and progress.iterations < progress.budget:
            due = 2 * progress.iterations
            now = time.process_time()
            yield now - began - judging, image
            judging += time.process_time() - now
    yield time.process_time() - began - judging, image


def _paint_at_once(content: Image, style: Image) -> Painted:
    began = time.process_time()
    image = transfer_adain(content, style, AdaINOptions(size="full"))
    yield time.process_time() - began, image


def _paint_by_peer(task: Task, threads: int, file: Path) -> Painted:
    """Paint by a peer in its process."""
    with EngineProcess(task, threads) as process:
        seconds, steps = 0.0, FIRST
        while not process.ended:
            before = process.ask("clock")["clock"]
            steps = FIRST if not process.spent else process.spent
            process.go(min(steps, task.closures - process.spent))
            seconds += process.ask("clock")["clock"] - before
            process.ask("save", str(file))
            yield seconds, torch.load(file).clamp(0, 1)
            if process.spent >= task.closures:
                return


def _figures(image: Image, content: Image, style: Image, size: int) -> Point:
    found: Point = {}
    for network in NETWORKS:
        distances = _evaluator(network)(image, content=content, style=style, size=size)
        found |= {f"{network} gram": distances.gram_style, f"{network} content": distances.content}
    return found


@cache
def _evaluator(network: str) -> Evaluator:
    return Evaluator.load(network)


def _medians(found: list[list[Point]]) -> list[Point]:
    """Return the medians over the pairs, point by point, as many as all pairs have."""
    return [{name: median(one[name] for one in points) for name in points[0]} for points in zip(*found, strict=False)]


def _table(medians: Mapping[str, list[Point]], given: argparse.Namespace) -> str:
    columns = list(next(iter(medians.values()))[0])
    lines = [
        f"{len(given.pairs)} pairs, {given.size}², medians; {processor()}, torch {torch.__version__}, {revision()}",
        "",
        "| program | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for program, points in medians.items():
        lines += [f"| {program} | " + " | ".join(f"{point[name]:.3g}" for name in columns) + " |" for point in points]
    return "\n".join(lines)


def _plot(medians: Mapping[str, list[Point]], file: Path) -> None:
    """Draw Gram and content distance over seconds for both networks."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(NETWORKS), figsize=(6.5 * len(NETWORKS), 9), squeeze=False, sharex=True)
    for row, what in zip(axes, ("gram", "content"), strict=True):
        for panel, network in zip(row, NETWORKS, strict=True):
            for index, (program, points) in enumerate(medians.items()):
                own = program in QUALITIES
                at = [point["seconds"] for point in points], [point[f"{network} {what}"] for point in points]
                style = "o-" if own else "s" if len(points) == 1 else ".--"
                color = pyplot.get_cmap("tab20")(index)
                panel.plot(*at, style, label=program, color=color, linewidth=2 if own else 1)
            panel.set(xscale="log", yscale="log" if what == "gram" else "linear", title=f"{what} distance, {network}")
            panel.set(xlabel="seconds of processor time")
    axes[0][-1].legend(frameon=False, fontsize="small")
    figure.tight_layout()
    figure.savefig(file, dpi=110, format="png")
    pyplot.close(figure)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", default=PAIRS, metavar="PHOTOGRAPH+PAINTING", help="names in examples/")
    parser.add_argument("--size", type=int, default=256, help="pixels of a side")
    parser.add_argument("--closures", type=int, default=400, help="closures of the programs that are not our default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("out/frontier"), help="folder of the records and the plot")
    return parser.parse_args()


if __name__ == "__main__":
    main()
