"""CPU seconds of one iteration of `brushwork train johnson`: `python bench/training.py --crops 128 192 256 --widths 16
32`.

CPU time, so that it can be measured beside other programs; with one thread that is what it takes alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from time import process_time

import torch

from brushwork.options.encoder import load_encoder_for
from brushwork.training.optimization import GradientStep
from brushwork.training.task import TrainingBatch
from brushwork.training.tasks.johnson import JohnsonTask
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions

CPU = torch.device("cpu")


def seconds(options: JohnsonTrainingOptions, rounds: int) -> float:
    """The least of some iterations, after one that is not counted."""
    lesson = JohnsonTask([torch.rand(1, 3, 256, 320)], options, load_encoder_for(options, CPU))
    descent = GradientStep(lesson, CPU, options.mixed_precision)
    pictures = torch.rand(options.batch, 3, options.crop, options.crop)
    batch = TrainingBatch(0, 0, 0, options.batch, options.batch, CPU, pictures)
    found = []
    for _ in range(rounds + 1):
        began = process_time()
        descent.step(batch, 1.0)
        found.append(process_time() - began)
    return min(found[1:])


def main() -> None:
    """Measure, and print a line of JSON for each setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=int, nargs="+", default=[128, 192, 256])
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--precisions", nargs="+", default=["off", "bf16"])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for crop in asked.crops:
        for width in asked.widths:
            for mixed in asked.precisions:
                options = JohnsonTrainingOptions(crop=crop, width=width, batch=asked.batch, mixed_precision=mixed)
                row = {"crop": crop, "width": width, "batch": asked.batch, "mixed_precision": mixed}
                sys.stdout.write(json.dumps({**row, "cpu_seconds": round(seconds(options, asked.rounds), 3)}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
