"""brushwork against pastiche and neural-style: the same weights, pictures and objective, in one run, by turns.

    python bench/compare.py [--parts pace descent] [--sizes 256 512 768] [--closures 15] [--peers pastiche neural-style]
                            [--threads 2] [--device cpu] [--quick] [--fresh] [--ours min-size=128 iterations=250 ...]

Each engine lives in a process of its own and waits while the other paints. Results are written after every
measurement, and a run that was broken off goes on where it stopped; `--fresh` measures everything anew. Prints tables,
and writes bench/results/compare-DEVICE.json, .md and .png.

pace     seconds per closure (a step: forward, backward, and the optimizer) and peak memory, at each size; of `--ours`
         only engine, precision and replay count
descent  time and closures to the loss that the peer has after 200 and 500 closures, at 512; loading is not timed, the
         making of our targets is, that of the peer's is not; the best loss so far counts, only at the final size
"""

from __future__ import annotations

import argparse
import ast
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from compare_descent import descent
from compare_engine import EngineError
from compare_engines import lay_out_weights
from compare_machine import machine, revision, why_not
from compare_pace import WARM_UP, pace
from compare_plot import plot
from compare_report import report
from compare_task import PEERS, Task, lay_out

RESULTS = Path(__file__).parent / "results"

RATE = 8.0
"""Seconds that a closure of a megapixel takes of both engines together, before anything was measured."""


def main(given: list[str] | None = None) -> None:
    arguments = _arguments(given)
    file = arguments.out or RESULTS / f"compare-{arguments.device}.json"
    here = machine(arguments.threads, arguments.device)
    results = _before(file, here, arguments.fresh)
    results["left_out"] = {peer: why for peer in arguments.peers if (why := why_not(peer))}
    todo = [one for one in _wanted(arguments, results) if not _done(*one, arguments, results)]
    for index, (part, peer, size) in enumerate(todo):
        print(
            f"{part}, {peer}, {size}²; about {_minutes(todo[index:], arguments, results):.0f} minutes left", flush=True
        )
        results[part][_key(peer, size)] = _one(part, peer, size, arguments)
        _write(file, results)
    _write(file, results)
    print("\n" + report(results))
    print(f"\nwritten: {file}, {file.with_suffix('.md').name}, {file.with_suffix('.png').name}")


def _wanted(arguments: argparse.Namespace, results: dict[str, Any]) -> list[tuple[str, str, int]]:
    peers = [peer for peer in arguments.peers if peer not in results["left_out"]]
    for peer, why in results["left_out"].items():
        print(f"{peer} is left out: {why}.")
    paces = [("pace", peer, size) for size in sorted(arguments.sizes) for peer in peers]
    descents = [("descent", peer, arguments.descent_size) for peer in peers]
    return paces * ("pace" in arguments.parts) + descents * ("descent" in arguments.parts)


def _one(part: str, peer: str, size: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """A measurement; where an engine fails, what it said."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, size)
        if peer == "neural-style":
            lay_out_weights(folder)
        task = Task(peer, peer, size, arguments.closures, name, arguments.device)
        schedule = dict(arguments.ours)
        budget = int(schedule.pop("iterations", max(arguments.marks)))
        task = Task(peer, peer, size, budget, name, arguments.device, schedule)
        facts = {"peer": peer, "size": size, "brushwork": revision(), "asked": _asked(part, arguments)}
        try:
            return {**facts, **_measured(part, task, arguments)}
        except EngineError as failure:
            return {**facts, "failed": str(failure)}


def _asked(part: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """What a measurement depends on, beside peer and size."""
    if part == "descent":
        return {"marks": arguments.marks, "ours": dict(arguments.ours)}
    return {"closures": arguments.closures, "ours": _running(arguments)}


def _done(part: str, peer: str, size: int, arguments: argparse.Namespace, results: dict[str, Any]) -> bool:
    found = results[part].get(_key(peer, size))
    return found is not None and found["asked"] == _asked(part, arguments)


def _measured(part: str, task: Task, arguments: argparse.Namespace) -> dict[str, Any]:
    if part == "descent":
        return descent(task, tuple(arguments.marks), arguments.threads)
    return pace(replace(task, changes=_running(arguments)), arguments.closures, arguments.threads)


def _running(arguments: argparse.Namespace) -> dict[str, Any]:
    """How closures are run, whatever the schedule."""
    return {name: value for name, value in arguments.ours if name in ("engine", "precision", "cuda_graphs")}


def _minutes(todo: list[tuple[str, str, int]], arguments: argparse.Namespace, results: dict[str, Any]) -> float:
    """What is left, at the rate of the largest size measured so far."""
    done = [one for one in results["pace"].values() if "median" in one]
    last = max(done, key=lambda one: one["size"], default=None)
    rate = RATE if last is None else sum(last["median"].values()) / last["size"] ** 2 * 1e6
    closures = {"pace": arguments.closures + WARM_UP, "descent": max(arguments.marks)}
    return sum(rate * closures[part] * size**2 / 1e6 + 20 for part, _, size in todo) / 60


def _before(file: Path, here: dict[str, Any], fresh: bool) -> dict[str, Any]:
    """What a former run on this machine measured."""
    if file.is_file() and not fresh:
        found: dict[str, Any] = json.loads(file.read_text())
        if found["machine"] == here:
            return found
        print(f"{file.name} is of another machine, torch or number of threads, and is measured anew.")
    return {"machine": here, "pace": {}, "descent": {}}


def _write(file: Path, results: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1) + "\n")
    file.with_suffix(".md").write_text(report(results) + "\n")
    plot(results, file.with_suffix(".png"))


def _key(peer: str, size: int) -> str:
    return f"{peer} {size}"


def _setting(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name.replace("-", "_"), ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name.replace("-", "_"), value


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=("pace", "descent"), default=["pace", "descent"])
    parser.add_argument("--sizes", nargs="+", type=int)
    parser.add_argument("--closures", type=int, default=15, help="measured steps of each engine at each size")
    parser.add_argument("--peers", nargs="+", choices=tuple(PEERS), default=list(PEERS))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--descent-size", type=int, default=512)
    parser.add_argument("--marks", nargs="+", type=int, default=[200, 500], help="closures of the peer")
    parser.add_argument("--ours", nargs="*", type=_setting, default=[], help="options of our schedule: name=value")
    parser.add_argument("--quick", action="store_true", help="small and few, to see that it runs")
    parser.add_argument("--fresh", action="store_true", help="measure everything anew")
    parser.add_argument("--out", type=Path, help="the JSON file")
    arguments = parser.parse_args(given)
    if arguments.quick:
        arguments.sizes, arguments.closures = arguments.sizes or [64], 3
        arguments.descent_size, arguments.marks = 64, [5, 10]
    arguments.sizes = arguments.sizes or ([256, 512, 768] if arguments.device == "cpu" else [512, 1024, 2048, 4096])
    return arguments


if __name__ == "__main__":
    main()
