"""Many styles: each image is trained in its own, by the objective of a painting in that style."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.model import load_model
from brushwork.feedforward.networks.multi_style import StyleNorm, is_scale_or_shift
from brushwork.images.geometry import Size
from brushwork.jobs import StepDone
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.training.builders import make_network
from brushwork.training.config import TrainingConfig
from brushwork.training.task import TrainingBatch
from brushwork.training.tasks.gallery import GalleryTask, make_gallery_task
from brushwork.training.tasks.gallery_options import GalleryTrainingOptions
from brushwork.training.trainer import train_task
from tiny_network import picture, tiny_network
from tiny_task import CPU, SHORT, make_transfer_options, tiny_config
from tolerances import PAINTED

NAMES = ("first", "second", "third")

OPTIONS = GalleryTrainingOptions(**SHORT)


def paintings() -> list[torch.Tensor]:
    return [picture(2 + number, 50, 60) ** (1 + number) for number in range(3)]


def gallery_task(options: GalleryTrainingOptions = OPTIONS) -> GalleryTask:
    network = make_network(options.architecture(NAMES), options, CPU)
    return GalleryTask(paintings(), options, tiny_network(), network)  # type: ignore[arg-type]


def batch(step: int = 0, first: int = 0, size: int = 2, whole: int = 2) -> TrainingBatch:
    pictures = torch.cat([picture(20 + number, 32, 32) for number in range(size)])
    return TrainingBatch(step, 7, first, size, whole, CPU, pictures)


def test_the_loss_of_each_image_is_that_of_a_painting_in_its_style() -> None:
    task, given = gallery_task(replace(OPTIONS, crop=48)), picture(20, 48, 48)
    network: Any = task.networks["model"]
    part = TrainingBatch(4, 7, 0, 1, 1, CPU, given)
    (number,) = task.style_numbers(part)
    blend = torch.eye(3)[number]
    with torch.no_grad():
        (optimizer_step,) = task.training_steps(part)
        painted, last = network(given, blend), network.forward_features(given, blend)
    options = make_transfer_options(OPTIONS, 48)
    encoder = tiny_network()
    objective = TransferProblem(given, [paintings()[number]], options, encoder).objective_at(Size(48, 48))
    wanted = objective(encoder(painted, objective.layers))
    beyond = OPTIONS.range_weight * (last.abs() - network_limit()).clamp(min=0).square().mean()
    assert {name: float(one) for name, one in optimizer_step.losses.terms.items()} == pytest.approx(
        {name: float(one) for name, one in {**wanted.terms, "range": beyond}.items()}, rel=PAINTED
    )
    assert optimizer_step.losses.total.item() == pytest.approx(float(wanted.total + beyond), rel=PAINTED)


def network_limit() -> float:
    """The input of the tanh that makes black or white, by its definition."""
    return float(torch.tensor(127.5 / 150, dtype=torch.float64).atanh())


def test_the_loss_is_the_mean_over_images_of_different_styles() -> None:
    task, both = gallery_task(), batch(step=1)
    halves = [TrainingBatch(1, 7, row, 1, 2, CPU, both.photos[row : row + 1]) for row in range(2)]
    assert [task.style_numbers(one) for one in halves] == [[number] for number in task.style_numbers(both)]
    singles = [next(task.training_steps(one)).losses.total.item() for one in halves]
    (optimizer_step,) = task.training_steps(both)
    assert optimizer_step.losses.total.item() == pytest.approx(sum(singles) / 2, rel=PAINTED)


def test_every_style_is_trained_equally_often_in_changing_order() -> None:
    task = gallery_task()
    rows = [number for step in range(30) for number in task.style_numbers(batch(step))]
    assert Counter(rows) == {0: 20, 1: 20, 2: 20}
    orders = [tuple(rows[place : place + 3]) for place in range(0, 60, 3)]
    assert all(sorted(one) == [0, 1, 2] for one in orders)
    assert len(set(orders)) > 1


def test_only_the_scales_of_the_batch_s_styles_move() -> None:
    task, one = gallery_task(), batch(size=1, whole=1)
    next(task.training_steps(one)).losses.total.backward()  # type: ignore[no-untyped-call]
    (number,) = task.style_numbers(one)
    for module in task.networks["model"].modules():
        if isinstance(module, StyleNorm):
            assert module.bias.grad is not None
            moved = module.bias.grad.abs().sum(1) > 0
            assert moved.tolist() == [place == number for place in range(3)]


def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """Bit for bit, as the styles of a batch depend on the step alone."""
    alone, again = tmp_path / "alone", tmp_path / "again"
    for folder in (alone, again):
        folder.mkdir()
    uninterrupted = tiny_config(alone, OPTIONS)  # type: ignore[arg-type]
    list(train_task(gallery_task(), uninterrupted, CPU))
    interrupted = tiny_config(again, OPTIONS)  # type: ignore[arg-type]
    done: list[StepDone] = []
    with pytest.raises(KeyboardInterrupt):
        for event in train_task(gallery_task(), interrupted, CPU, should_stop=lambda: len(done) >= 4):
            if isinstance(event, StepDone):
                done.append(event)
    assert interrupted.checkpoint.exists()
    list(train_task(gallery_task(), replace(interrupted, resume=True), CPU))
    models = [load_model(one.output) for one in (uninterrupted, interrupted)]
    assert models[0].config == OPTIONS.architecture(NAMES)
    for name, value in models[0].network.state_dict().items():
        assert torch.equal(value, models[1].network.state_dict()[name]), name


def test_two_paintings_of_one_name_are_refused() -> None:
    files = (Path("one/a.png"), Path("other/a.png"))
    config = TrainingConfig(options=OPTIONS, output=Path("a.safetensors"), styles=files)
    with pytest.raises(InputError, match="each under its own name"):
        make_gallery_task(config, paintings()[:2], CPU, None)


def test_scales_and_shifts_train_faster_than_the_trunk() -> None:
    task = gallery_task(replace(OPTIONS, learning_rate=1e-3, scale_rate=3.0))
    rates = {id(one): group["lr"] for group in task.optimizers["model"].param_groups for one in group["params"]}
    for name, value in task.networks["model"].named_parameters():
        assert rates[id(value)] == pytest.approx(3e-3 if is_scale_or_shift(name) else 1e-3), name
    with pytest.raises(InputError, match="scale-rate is 0"):
        replace(OPTIONS, scale_rate=0.0)
