"""What the parts of gpu.sh share: their arguments, the machine's name, and files of results."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

sys.path.append(str(Path(__file__).parents[1]))  # the bench's own modules
sys.path.append(str(Path(__file__).parents[2] / "tests" / "support"))

from compare_machine import machine, revision
from compare_task import EXAMPLES

PHOTO, PAINTING = EXAMPLES / "bridge.jpg", EXAMPLES / "great_wave.png"


def read_arguments(description: str | None, **more: float) -> argparse.Namespace:
    """Return the arguments of a part; `more` are numbers of its own, by name, with their defaults."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=("cpu", "cuda"))
    parser.add_argument("--rehearse", action="store_true", help="small, on the CPU, to see that it runs")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file")
    for name, default in more.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    arguments = parser.parse_args()
    if arguments.rehearse:
        arguments.device = "cpu"
    elif arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch finds no CUDA device here; --rehearse runs everything small on the CPU.")
    return arguments


def write_results(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Write rows with the machine that they were measured on; after every row, so that nothing is lost."""
    about = machine(torch.get_num_threads(), arguments.device)
    about |= {"brushwork": revision(), "rehearsal": arguments.rehearse, "cuda": torch.version.cuda}
    about |= {"cudnn": torch.backends.cudnn.version() if arguments.device == "cuda" else None}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps({"machine": about, "results": rows}, indent=1) + "\n", encoding="utf-8")
