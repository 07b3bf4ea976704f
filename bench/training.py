"""CPU seconds of one iteration of `brushwork train johnson` or `train gallery`: `python bench/training.py --family
gallery --crops 128 192 256 --widths 24 32`.

CPU time, so that it can be measured beside other programs; with one thread that is what it takes alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time

import torch

from brushwork.cli.process import keep_memory
from brushwork.training.config import TrainingConfig
from brushwork.training.gradient_step import GradientStep
from brushwork.training.task import TrainingBatch, TrainingTask
from brushwork.training.tasks.gallery import make_gallery_task
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions
from brushwork.training.tasks.johnson import make_johnson_task
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from brushwork.types import Image

CPU = torch.device("cpu")
FAMILIES = {"johnson": JohnsonTrainingOptions, "gallery": GalleryTrainingOptions}


def seconds(options: JohnsonTrainingOptions | GalleryTrainingOptions, rounds: int) -> float:
    """The least of some iterations, after one that is not counted."""
    task = task_of(options, [torch.rand(1, 3, 256, 320)])
    descent = GradientStep(task, CPU, options.mixed_precision)
    pictures = torch.rand(options.batch, 3, options.crop, options.crop)
    batch = TrainingBatch(0, 0, 0, options.batch, options.batch, CPU, pictures)
    found = []
    for _ in range(rounds + 1):
        began = process_time()
        descent.step(batch, 1.0)
        found.append(process_time() - began)
    return min(found[1:])


def task_of(options: JohnsonTrainingOptions | GalleryTrainingOptions, paintings: Sequence[Image]) -> TrainingTask:
    """The training that the options are of."""
    config = TrainingConfig(options=options, output=Path("one.safetensors"), styles=(Path("one.png"),))
    make_task = make_gallery_task if isinstance(options, GalleryTrainingOptions) else make_johnson_task
    return make_task(config, paintings, CPU, None)


def main() -> None:
    """Measure, and print a line of JSON for each setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=FAMILIES, default="johnson")
    parser.add_argument("--crops", type=int, nargs="+", default=[128, 192, 256])
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 32])
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--precisions", nargs="+", default=["off", "bf16"])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    keep_memory()
    torch.set_num_threads(1)
    for crop in asked.crops:
        for width in asked.widths:
            for mixed in asked.precisions:
                kind = FAMILIES[asked.family]
                options = kind(crop=crop, width=width, batch=asked.batch, mixed_precision=mixed)
                row = {
                    "family": asked.family,
                    "crop": crop,
                    "width": width,
                    "batch": asked.batch,
                    "mixed_precision": mixed,
                }
                sys.stdout.write(json.dumps({**row, "cpu_seconds": round(seconds(options, asked.rounds), 3)}) + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
