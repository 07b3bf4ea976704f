"""Whether `default` beats the published presets, judged in networks that painted nothing.

    python bench/default.py [--size 160] [--pairs 36] [--curve 0.25 4] [--also "name: field=value …"]

Six photographs after six paintings, by `default` and by each published preset: the same pictures at the same size (of
the long side), and the same work, which is that of `default` at this size unless `--work` says another: closures at the
full size, and those at a coarser one by their share of the pixels. Otherwise each preset is as published: its own
network, weights, start and optimizer. All of it is judged in AlexNet, and in VGG-16, which is a near relation of the
VGG-19 that everything was painted with. `--curve` paints with `default` also where its content weighs so many times as
much: style and content are at odds, and programs compare where their content distance is the same. Nothing here is
timed but for notice.

Each picture is kept with its record in `--out` as soon as it is painted; what was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import ast
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from brushwork.experiments import CellResult, run_cells
from brushwork.experiments.contact_sheet import make_contact_sheet
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.results import ResultStore
from brushwork.images import Size, read_image
from brushwork.recipes import PRESETS
from brushwork.storage.atomic import atomic_write
from compare_machine import processor, revision
from default_cells import NETWORKS, Bench, crossed, programs, work_of
from default_report import by_pair, medians, table

DATA = Path(__file__).parents[2] / "shared" / "data"
PHOTOGRAPHS = (
    "examples/bridge.jpg",
    "examples/cat.png",
    "examples/rocket.jpg",
    "photos/tubingen.jpg",
    "photos/golden_gate.jpg",
    "photos/hoovertowernight.jpg",
)
PAINTINGS = (
    "examples/great_wave.png",
    "examples/auvers.png",
    "examples/composition_viii.png",
    "paintings/starry_night.jpg",
    "paintings/the_scream.jpg",
    "paintings/composition_vii.jpg",
)


def main() -> None:
    """Paint what is missing, judge it, print the tables and keep them."""
    given = _arguments()
    bench = _bench(given)
    rivals = [name for name in bench.programs if "×" not in name and name != "default"]
    results: list[CellResult] = []
    for result in _there(bench) if given.tables else (result for _, result in run_cells(bench)):
        results.append(result)
        print(
            f"{time.strftime('%X')} {len(results)} of {len(bench.pairs) * len(bench.programs)}: {result.row}, {result.column}",
            flush=True,
        )
    everything = [*results, *bench.bounds()]
    rows = by_pair(everything)
    columns = list(next(iter(rows.values())))
    text = f"{_facts(bench)}\n\n{table(rows, rivals, NETWORKS)}\n{medians(rows, columns, NETWORKS)}"
    print(text)
    with atomic_write(bench.folder / "table.md", overwrite=True) as path:
        path.write_text(text, encoding="utf-8")
    with atomic_write(given.json or bench.folder / "figures.json", overwrite=True) as path:
        path.write_text(_json(bench, everything), encoding="utf-8")
    with atomic_write(bench.folder / "sheet.png", overwrite=True) as path:
        make_contact_sheet(results).save(path, "PNG")


def _there(bench: Bench) -> list[CellResult]:
    """What was painted before."""
    shelf = ResultStore(bench.folder)
    return [result for cell in bench.make_cells() if (result := shelf.load(cell)) is not None]


def _bench(given: argparse.Namespace) -> Bench:
    easel = ExperimentContext(_read(given.data, given.photographs), _read(given.data, given.paintings), given.size)
    own = programs(given.size, given.curve)
    own |= {name: replace(own["default"], **changes) for name, changes in map(change_option, given.also)}
    chosen = {name: options for name, options in own.items() if not given.programs or name in given.programs}
    pairs = crossed(tuple(easel.contents), tuple(easel.styles))[given.skip : given.skip + given.pairs]
    work = given.work or work_of(own["default"], Size.of(easel.content), given.size)
    return Bench(given.out / str(given.size), easel, pairs, chosen, work)


def _read(folder: Path, names: Sequence[str]) -> dict[str, torch.Tensor]:
    return {Path(name).stem: read_image(folder / name).image for name in names}


def change_option(text: str) -> tuple[str, dict[str, object]]:
    """`name: field=value field=value` → the name, and the fields."""
    name, _, fields = text.partition(":")
    pairs = (field.split("=", 1) for field in fields.split())
    return name, {field: _value(value) for field, value in pairs}


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _facts(bench: Bench) -> str:
    return (
        f"{len(bench.pairs)} pairs, {bench.easel.size} pixels, {bench.work:.0f} closures at full size; {processor()},"
        f" torch {torch.__version__}, brushwork {revision()}"
    )


def _json(bench: Bench, results: Sequence[CellResult]) -> str:
    """Four digits of everything."""
    facts = {"size": bench.easel.size, "work": bench.work, "processor": processor(), "brushwork": revision()}
    found = [
        {"pair": one.row, "program": one.column, "seconds": round(one.seconds, 1)}
        | {name: float(f"{value:.4g}") for name, value in one.measures.items() if value < float("inf")}
        for one in results
    ]
    lines = ",\n".join(json.dumps(one) for one in found)
    return f'{json.dumps(facts)[:-1]}, "results": [\n{lines}\n]}}\n'


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that the pictures' names are in")
    parser.add_argument("--photographs", nargs="+", default=PHOTOGRAPHS, metavar="NAME")
    parser.add_argument("--paintings", nargs="+", default=PAINTINGS, metavar="NAME")
    parser.add_argument("--size", type=int, default=160, help="pixels of the long side")
    parser.add_argument("--work", type=float, help="closures at full size; default's own without it")
    parser.add_argument("--pairs", type=int, default=36, help="only so many pairs; the first six hold every picture")
    parser.add_argument("--skip", type=int, default=0, help="leave so many pairs out before")
    parser.add_argument("--programs", nargs="+", default=(), help=f"only these, of {', '.join(PRESETS)} and others")
    parser.add_argument(
        "--curve", type=float, nargs="*", default=(), help="content weights of default to try, as factors"
    )
    parser.add_argument(
        "--also", action="append", default=[], help="default changed: 'name: style_falloff=2 init-noise=0'"
    )
    parser.add_argument("--tables", action="store_true", help="paint nothing: the tables of what is there")
    parser.add_argument("--out", type=Path, default=Path("out/default"), help="folder of the pictures and records")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
