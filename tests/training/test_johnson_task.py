"""One style: the loss is that by which a picture is painted, and its mean over the batch."""

from __future__ import annotations

from dataclasses import replace
from math import atanh
from typing import Any

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.recipes.style_transfer import TransferProblem
from brushwork.training.task import TrainingBatch
from brushwork.training.tasks.johnson import JohnsonTask
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from tiny_network import picture, tiny_network
from tiny_task import CPU, TINY, make_transfer_options, tiny_task
from tolerances import PAINTED, SINGLE


def batch(count: int = 2) -> TrainingBatch:
    pictures = torch.cat([picture(20 + number, 32, 32) for number in range(count)])
    return TrainingBatch(0, 0, 0, count, count, CPU, pictures)


def test_the_loss_is_that_of_a_painting_at_the_same_settings() -> None:
    """The picture that the model makes is as good as a transfer's objective says it is."""
    task, given = tiny_task(replace(TINY, crop=48)), picture(20, 48, 48)
    with torch.no_grad():
        model: Any = task.networks["model"]
        painted, last = model(given), model.forward_features(given)
        (step,) = task.training_steps(TrainingBatch(0, 0, 0, 1, 1, CPU, given))
    options = make_transfer_options(TINY, 48)
    encoder = tiny_network()
    objective = TransferProblem(given, [picture(2, 50, 60)], options, encoder).objective_at(Size(48, 48))
    wanted = objective(encoder(painted, objective.layers))
    beyond = TINY.range_weight * (last.abs() - atanh(127.5 / 150)).clamp(min=0).square().mean()
    assert {name: float(one) for name, one in step.losses.terms.items()} == pytest.approx(
        {name: float(one) for name, one in {**wanted.terms, "range": beyond}.items()}, rel=PAINTED
    )
    assert step.losses.total.item() == pytest.approx(float(wanted.total + beyond), rel=PAINTED)


def test_the_farther_the_numbers_lie_beyond_white_the_stronger_they_are_pulled_back() -> None:
    """Also where tanh is so flat that the picture tells nothing."""
    task = tiny_task(replace(TINY, range_weight=3.0))
    model: Any = task.networks["model"]
    bias = model.layers.last.bias
    pulls = []
    for number in (4.0, 12.0):
        with torch.no_grad():
            bias.fill_(number)
        bias.grad = None
        (step,) = task.training_steps(batch())
        step.losses.terms["range"].backward()  # type: ignore[no-untyped-call]
        pulls.append(float(bias.grad.sum()))
    assert 1 < pulls[0] < pulls[1] / 2


def test_the_loss_is_the_mean_over_the_batch() -> None:
    task, both = tiny_task(), batch()
    assert both.pictures is not None
    singles = [
        next(task.training_steps(TrainingBatch(0, 0, 0, 1, 1, CPU, one[None]))).losses.total.item()
        for one in both.pictures
    ]
    (step,) = task.training_steps(both)
    assert step.losses.total.item() == pytest.approx(sum(singles) / 2, rel=PAINTED)
    assert step.losses.total.item() == pytest.approx(sum(one.item() for one in step.losses.terms.values()), rel=SINGLE)


def test_validation_needs_no_gradient_and_says_the_same() -> None:
    task = tiny_task()
    (step,) = task.training_steps(batch())
    validated = task.validate(batch())
    assert validated["total"] == pytest.approx(step.losses.total.item(), rel=PAINTED)
    assert not task.sample(batch()).requires_grad


def test_mixed_precision_leaves_the_losses_in_full() -> None:
    task = tiny_task()
    with torch.autocast("cpu", torch.bfloat16):
        (step,) = task.training_steps(batch())
    assert step.losses.total.dtype == torch.float32
    # 8 bits, in each of some 16 layers.
    assert step.losses.total.item() == pytest.approx(task.validate(batch())["total"], rel=16 * 2**-8)


def test_several_paintings_are_one_style() -> None:
    paintings = [picture(2, 50, 60), picture(3, 50, 60)]
    blended = JohnsonTask(paintings, replace(TINY, style_blend=(1.0, 0.0)), tiny_network())
    assert blended.validate(batch()) == pytest.approx(tiny_task().validate(batch()), rel=PAINTED)
    assert JohnsonTask(paintings, TINY, tiny_network()).validate(batch())["total"] != pytest.approx(
        tiny_task().validate(batch())["total"], rel=0.01
    )


def test_what_cannot_be_trained_on_is_refused() -> None:
    with pytest.raises(InputError, match="no style image was given"):
        JohnsonTask([], TINY, tiny_network())
    with pytest.raises(InputError, match="a style image is 20×10"):
        JohnsonTask([picture(2, 10, 20)], TINY, tiny_network())
    with pytest.raises(InputError, match="no photographs"):
        next(tiny_task().training_steps(replace(batch(), pictures=None)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"crop": 16}, "crop is 16"),
        ({"style_size": 3}, "style-size is 3"),
        ({"style_weight": 0.0}, "style-weight is 0"),
        ({"loss": ("sliced",)}, "sliced"),
        ({"width": 0}, "width is 0"),
        ({"range_weight": -1.0}, "range-weight is -1"),
        ({"iterations": 0}, "iterations is 0"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        JohnsonTrainingOptions(**wrong)
