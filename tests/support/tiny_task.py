"""A training that takes a moment: a tiny model and a tiny encoder. As a script, one that is killed or has a rank."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from brushwork.distributed.process_group import TorchProcessGroup
from brushwork.images import write_image
from brushwork.jobs import StepDone
from brushwork.recipes import TransferOptions
from brushwork.training.config import TrainingConfig
from brushwork.training.tasks.johnson import JohnsonTask
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions, PerceptualLossOptions
from brushwork.training.trainer import train_task
from tiny_network import CONTENT, STYLE, picture, tiny_network

CPU = torch.device("cpu")

SHORT: Mapping[str, Any] = {
    "width": 2,
    "blocks": 1,
    "crop": 32,
    "photo_size": 40,
    "style_size": 48,
    "batch": 2,
    "iterations": 6,
    "warmup": 0,
    "validate_every": 3,
    "val_images": 2,
    "content_layers": CONTENT,
    "style_layers": STYLE,
    "mixed_precision": "off",
    "seed": 1,
}
"""Options of a training that takes a moment."""

TINY = JohnsonTrainingOptions(**SHORT, style_weight=10.0, range_weight=0.5)


def make_transfer_options(options: PerceptualLossOptions, size: int) -> TransferOptions:
    """The same losses, as a painting has them."""
    names = "content_layers", "style_layers", "style_weight", "style_falloff", "moment_weight", "tv_weight"
    return TransferOptions(size=size, measure="short", **{name: getattr(options, name) for name in names})


def tiny_task(options: JohnsonTrainingOptions = TINY) -> JohnsonTask:
    """One style, and the tiny network as the encoder."""
    return JohnsonTask([picture(2, 50, 60)], options, tiny_network())


def tiny_config(folder: Path, options: JohnsonTrainingOptions = TINY, **changes) -> TrainingConfig:
    """Eight photographs in the folder, and a model beside them."""
    photographs = folder / "photographs"
    if not photographs.exists():
        photographs.mkdir()
        for number in range(8):
            write_image(picture(10 + number, 44, 50), photographs / f"{number}.png")
    config = TrainingConfig(
        options=options,
        output=folder / "model.safetensors",
        photos=photographs,
        about={"options": {"seed": options.seed, "iterations": options.iterations}},
    )
    return replace(config, **changes)


def run_training(config: TrainingConfig, group=None, **changes):
    """All events of a training."""
    return list(train_task(tiny_task(config.options), config, CPU, group, **changes))


def train_and_kill(config: TrainingConfig, step: int) -> None:
    """Learn with a checkpoint after every iteration, and be killed after some."""
    for event in train_task(tiny_task(config.options), replace(config, checkpoint_every=0.0), CPU):
        if isinstance(event, StepDone) and event.step == step:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    torch.set_num_threads(1)
    where = tiny_config(Path(sys.argv[2]))
    if sys.argv[1] == "killed":
        train_and_kill(where, 4)
    group = TorchProcessGroup(CPU)
    events = run_training(where, group)
    learned = [dict(event.losses) for event in events if isinstance(event, StepDone)]
    torch.save(learned, where.output.with_name(f"{group.rank}.pt"))
    group.close()
