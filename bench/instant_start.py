"""What it saves to start from what is painted at once: closures to the same loss, against the photograph as the start.

    python bench/instant_start.py [--size 256] [--closures 200] [--pairs bridge+great_wave ...] [--out FILE]

The default painting is made twice with the same losses and budget; its best loss so far is compared at the same
closures, at the final size. Painting at once takes a second and no closure.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import torch

from brushwork import load_preset, transfer
from brushwork.jobs import Job
from brushwork.jobs.inputs import read_inputs
from brushwork.jobs.plan import load_method
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import TransferOptions
from compare_machine import machine, revision

EXAMPLES = Path(__file__).parent.parent / "examples"
RESULTS = Path(__file__).parent / "results"
PAIRS = ("bridge+great_wave", "cat+auvers", "rocket+composition_viii")
MARKS = (25, 50, 100, 200)
"""Closures of the default start whose loss is to be reached."""


def main() -> None:
    arguments = _arguments()
    results: dict[str, Any] = {
        "machine": machine(torch.get_num_threads(), "cpu"),
        "brushwork": revision(),
        "size": arguments.size,
        "pairs": {},
    }
    for pair in arguments.pairs:
        losses = {start: _best(pair, start, arguments) for start in ("content", "instant")}
        results["pairs"][pair] = {"losses": losses, "reached": _reached(losses)}
        print(pair, results["pairs"][pair]["reached"], flush=True)
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")


def _best(pair: str, start: str, arguments: argparse.Namespace) -> list[float]:
    """The best loss so far after each closure at the final size."""
    content, style = (next(EXAMPLES.glob(f"{name}.*")) for name in pair.split("+"))
    options = load_preset("default")
    assert isinstance(options, TransferOptions)
    options = replace(options, size=arguments.size, iterations=arguments.closures, init=start)
    job = Job(options=options, content=content, styles=(style,), output=Path("unwritten.png"))
    inputs = read_inputs(job)
    cpu, encoder = torch.device("cpu"), load_encoder_for(options, "cpu")
    pictures = load_method(options, cpu, encoder).add_init(inputs).to_device(cpu)
    steps = transfer(pictures.content, pictures.styles, options, encoder=encoder, init=pictures.init)
    losses: list[float] = []
    for progress in steps:
        if progress.level == len(progress.levels) - 1:
            losses += [float(progress.step.losses.total)] * (progress.step.index - len(losses))
    return list(accumulate(losses, min))


def _reached(losses: dict[str, list[float]]) -> list[dict[str, Any]]:
    """For each mark the loss of the default start, and the closures after which the other one has it."""
    found = []
    for mark in MARKS:
        if mark <= len(losses["content"]):
            loss = losses["content"][mark - 1]
            there = next((index for index, one in enumerate(losses["instant"], start=1) if one <= loss), None)
            found.append({"closures": mark, "loss": loss, "instant": there, "then": losses["instant"][mark - 1]})
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--closures", type=int, default=200)
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS))
    parser.add_argument("--out", type=Path, default=RESULTS / "instant-start.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
