"""The largest picture: seconds of an iteration and peak memory at growing sizes, until one does not fit.

    python bench/gpu/largest.py --out FILE.json [--device cuda | --rehearse] [--seconds 90]

A square photograph of each size is painted for a few iterations, in a piece or in tiles, as the memory allows.
`predicted` is the memory that `brushwork plan` names, `memory` what was taken. It ends at the first size that does not
fit, or when the time is up.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image
import torch
from common import PAINTING, PHOTO, read_arguments, write_results

import brushwork
from brushwork.jobs import Job, plan_job, run_job
from compare_turn import forget_peak, peak_memory

SIZES, REHEARSAL = (2048, 4096, 6144, 8192, 12288, 16384), (64, 96)
ITERATIONS = 3


def main() -> None:
    arguments = read_arguments(__doc__, seconds=90)
    began, rows = time.monotonic(), []
    for size in REHEARSAL if arguments.rehearse else SIZES:
        if time.monotonic() - began > arguments.seconds:
            break
        rows.append(measure(size, arguments.device))
        print(rows[-1], flush=True)
        write_results(arguments, rows)
        if "refused" in rows[-1]:
            break


def measure(size: int, device: Any) -> dict[str, Any]:
    """Return what a picture of this size takes, or why it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder, "content.bmp")
        PIL.Image.open(PHOTO).convert("RGB").resize((size, size)).save(content)
        options = replace(
            brushwork.load_preset("default"), size=size, min_size=0, init="content", iterations=ITERATIONS, history=5
        )
        job = Job(options=options, content=content, styles=(PAINTING,), output=Path(folder, "out.tif"), device=device)
        planned = plan_job(job, measure_time=False)
        row: dict[str, Any] = {"size": size, "predicted": planned.memory, "tiling": str(planned.tiling)}
        forget_peak(torch.device(device))
        try:
            times = [time.monotonic() for event in run_job(job) if isinstance(event, brushwork.Progress)]
        except brushwork.OutOfMemoryError as error:
            return {**row, "refused": str(error)}
        return {**row, "iteration": times[-1] - times[-2], "memory": peak_memory(torch.device(device))}


if __name__ == "__main__":
    main()
