"""Seconds to a draft and to a finished picture, and their peak memory.

    python bench/gpu/drafts.py --out FILE.json [--device cuda | --rehearse]

`command`: seconds of the whole command, from a cold start to the file. `warm`: the same job in a process that has
painted before, which leaves out imports and the start of the device. `memory`: bytes of the tensors at their peak on a
GPU, of the process on a CPU.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from common import PAINTING, PHOTO, read_arguments, write_results

import brushwork
from compare_turn import forget_peak, peak_memory

SIZES, QUALITIES = (512, 1024, 2048), ("draft", "normal")
REHEARSAL = (64,), ("draft",)


def main() -> None:
    arguments = read_arguments(__doc__)
    sizes, qualities = REHEARSAL if arguments.rehearse else (SIZES, QUALITIES)
    rows: list[dict[str, Any]] = []
    for quality in qualities:
        for size in sizes:
            rows.append({"quality": quality, "size": size} | measure(quality, size, arguments.device))
            print(rows[-1], flush=True)
            write_results(arguments, rows)


def measure(quality: str, size: int, device: str) -> dict[str, float]:
    """Return the seconds of the command and of a warm process, and the memory of that."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--quality", quality, "--size", str(size), "--device", device, "-o", f"{folder}/cold.png", "--quiet"]
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "brushwork", "paint", str(PHOTO), str(PAINTING), *words], check=True)
        command = time.monotonic() - began
        for name in ("first", "warm"):
            forget_peak(torch.device(device))
            began = time.monotonic()
            paint(quality, size, device, Path(folder, f"{name}.png"))
            warm = time.monotonic() - began
        return {"command": command, "warm": warm, "memory": peak_memory(torch.device(device))}


def paint(quality: Any, size: int, device: Any, output: Path) -> None:
    """Paint the job of the command."""
    from dataclasses import replace

    options = replace(brushwork.load_preset("default", quality), size=size)
    brushwork.paint(PHOTO, PAINTING, options, output=output, device=device)


if __name__ == "__main__":
    main()
