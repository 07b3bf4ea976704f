"""A texture is trained: the loss falls, ranks train as one process does, validation images are never trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

import tolerances
from brushwork.errors import InputError
from brushwork.training.gradient_step import GradientStep
from brushwork.training.task import TrainingBatch
from brushwork.training.tasks.texture_net import TextureNetTask
from brushwork.training.tasks.texture_net_options import STYLIZED, TEXTURES, TextureNetTrainingOptions
from tiny_network import CONTENT, STYLE, picture, tiny_network

SMALL: dict[str, Any] = {"scales": 3, "width": 4, "crop": 32, "style_size": 32, "style_layers": STYLE, "batch": 2}
DRAWN = replace(TEXTURES, **SMALL)
PAINTED = replace(STYLIZED, **SMALL, content_layers=CONTENT)
CPU = torch.device("cpu")


def make_task(options: TextureNetTrainingOptions = DRAWN) -> TextureNetTask:
    return TextureNetTask([picture(1, 40, 40)], options, tiny_network())


def batch(step: int, options: TextureNetTrainingOptions = DRAWN, first: int = 0, size: int = 2) -> TrainingBatch:
    pictures = None
    if options.photograph:
        pictures = torch.cat([picture(7 + row, 32, 32) for row in range(first, first + size)])
    return TrainingBatch(step, 0, first, size, 2, CPU, pictures)


def train_steps(options: TextureNetTrainingOptions, steps: int) -> tuple[TextureNetTask, float, float]:
    """A task after some steps, and the val-images losses before and after."""
    one = make_task(options)
    gradient_step = GradientStep(one, CPU, "off")
    before = one.validate(batch(-1, options))["total"]
    for step in range(steps):
        gradient_step.step(batch(step, options), 1.0)
    return one, before, one.validate(batch(-1, options))["total"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        DRAWN,
        replace(DRAWN, norm="batch"),
        replace(DRAWN, normalized_gradients=False),
        replace(DRAWN, diversity=0.01, diversity_layer=STYLE[-1]),
        PAINTED,
    ],
    ids=["drawn", "batch norm", "plain gradients", "diverse", "painted"],
)
def test_the_loss_of_what_is_held_out_falls(options: TextureNetTrainingOptions) -> None:
    _, before, after = train_steps(options, 20)
    assert after < 0.7 * before


def test_the_same_seed_trains_the_same() -> None:
    one, other = train_steps(DRAWN, 3)[0], train_steps(DRAWN, 3)[0]
    for mine, theirs in zip(one.networks["model"].parameters(), other.networks["model"].parameters(), strict=True):
        assert torch.equal(mine, theirs)
    assert not torch.equal(next(make_task(replace(DRAWN, seed=1)).networks["model"].parameters()), mine)


@pytest.mark.parametrize("options", [DRAWN, PAINTED], ids=["drawn", "painted"])
def test_rows_of_a_batch_add_up(options: TextureNetTrainingOptions) -> None:
    """The mean of two ranks' gradients, of a row each, is that of both rows in one process."""
    gradients = []
    for parts in ([batch(0, options)], [batch(0, options, first, 1) for first in (0, 1)]):
        one = make_task(options)
        for part in parts:
            (optimizer_step,) = one.training_steps(part)
            (optimizer_step.losses.total / len(parts)).backward()
        gradients.append([parameter.grad for parameter in one.networks["model"].parameters()])
    whole, summed = (torch.cat([one.flatten() for one in rows]) for rows in gradients)
    tolerances.require_close(whole, summed, 2 * tolerances.PAINTED)  # there and back


@pytest.mark.slow
def test_diversity_pushes_pictures_apart() -> None:
    def apart(diversity: float) -> float:
        options = replace(DRAWN, diversity=diversity, diversity_layer=STYLE[-1], batch=2)
        drawn = train_steps(options, 12)[0].sample(batch(-1))
        return float((drawn[0] - drawn[1]).square().mean().sqrt())

    assert apart(1.0) > 1.1 * apart(0.0)


def test_validation_shows_single_pictures() -> None:
    """Batch norm takes the statistics of one picture, as when it paints."""
    one = make_task(replace(DRAWN, norm="batch"))
    together, alone = one.sample(batch(-1)), one.sample(batch(-1, first=1, size=1))
    assert torch.equal(together[1:], alone)


def test_textures_want_no_photographs_and_the_others_cannot_do_without() -> None:
    assert make_task().crop == 0
    stylizing = make_task(PAINTED)
    assert stylizing.crop == 32
    with pytest.raises(InputError, match="no photographs were given"):
        next(stylizing.training_steps(batch(0)))


def test_the_terms_have_names() -> None:
    (optimizer_step,) = make_task(replace(DRAWN, diversity=0.1, diversity_layer=STYLE[-1])).training_steps(batch(0))
    assert set(optimizer_step.losses.terms) == {*(f"style:{layer}" for layer in STYLE), "diversity"}
    assert set(make_task(PAINTED).validate(batch(-1, PAINTED))) == {
        "total",
        *(f"style:{layer}" for layer in STYLE),
        *(f"content:{layer}" for layer in CONTENT),
    }
