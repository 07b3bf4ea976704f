from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.training.checkpoint import load_state_dict, state_dict
from brushwork.training.gradient_step import GradientStep
from brushwork.training.task import MODEL, TrainingBatch
from brushwork.training.tasks.mgan import DISCRIMINATOR, MGANData, MGANTask, TrainingPair
from brushwork.training.tasks.mgan_data import load_mgan_encoder
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from tiny_network import picture
from tolerances import SINGLE, rounding

CPU = torch.device("cpu")
OPTIONS = MGANTrainingOptions(width=16, block=64, batch=2, learning_rate=0.01)


@pytest.fixture(scope="module")
def encoder():
    return load_mgan_encoder(OPTIONS, CPU)


def pairs(count=2):
    return [TrainingPair(picture(2 * seed, 80, 96), picture(2 * seed + 1, 80, 96)) for seed in range(count)]


def make_task(encoder, options=OPTIONS, **data):
    return MGANTask(MGANData(**data), options, encoder)


def batch(step=0, pictures=None):
    return TrainingBatch(step, OPTIONS.seed, 0, 2, 2, CPU, pictures)


@pytest.mark.slow
def test_discriminator_and_model_train_in_turn_from_the_same_blocks(encoder):
    task = make_task(encoder, pairs=pairs())
    before = {name: next(one.parameters()).clone() for name, one in task.networks.items()}
    steps = task.training_steps(batch())
    first = next(steps)
    assert first.optimizer == DISCRIMINATOR and first.losses.terms.keys() == {"discriminator"}
    first.losses.total.backward()
    assert all(one.grad is None for one in task.networks[MODEL].parameters())
    assert all(one.grad is not None for one in task.networks[DISCRIMINATOR].parameters())
    task.optimizers[DISCRIMINATOR].step()
    task.optimizers[DISCRIMINATOR].zero_grad(set_to_none=True)
    second = next(steps)
    assert second.optimizer == MODEL and second.losses.terms.keys() == {"content", "style"}
    second.losses.total.backward()
    assert all(one.grad is None for one in task.networks[DISCRIMINATOR].parameters())
    task.optimizers[MODEL].step()
    assert next(steps, None) is None
    assert all(one.requires_grad for one in task.networks[DISCRIMINATOR].parameters())
    assert not any(torch.equal(next(one.parameters()), before[name]) for name, one in task.networks.items())


@pytest.mark.slow
def test_it_is_trained_towards_the_targets(encoder):
    task = make_task(encoder, replace(OPTIONS, adversarial_weight=0.0), pairs=pairs(1))
    gradient_step = GradientStep(task, CPU, "off")
    losses = [gradient_step.step(batch(0), 1.0)["content"] for _ in range(5)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.slow
def test_going_on_is_bit_for_bit_the_same(encoder):
    one = make_task(encoder, pairs=pairs())
    gradient_step = GradientStep(one, CPU, "off")
    gradient_step.step(batch(0), 1.0)
    tensors, metadata = state_dict(one)
    kept = {name: value.clone() for name, value in tensors.items()}
    other = make_task(encoder, pairs=pairs())
    load_state_dict(other, kept, metadata)
    assert gradient_step.step(batch(1), 1.0) == GradientStep(other, CPU, "off").step(batch(1), 1.0)
    for name in (MODEL, DISCRIMINATOR):
        ours, theirs = (each.networks[name].state_dict() for each in (one, other))
        assert all(torch.equal(value, theirs[key]) for key, value in ours.items())


@pytest.mark.slow
def test_without_pairs_the_painting_is_what_is_real(encoder):
    painting = picture(9, 90, 70)
    task = make_task(encoder, styles=[painting])
    assert task.crop == OPTIONS.block and make_task(encoder, pairs=pairs()).crop == 0
    photographs = torch.cat([picture(5, 64, 64), picture(6, 64, 64)])
    losses = GradientStep(task, CPU, "off").step(batch(0, photographs), 1.0)
    assert losses.keys() == {"discriminator", "content", "style", "total"}
    with pytest.raises(InputError, match="no photographs were given"):
        next(task.training_steps(batch()))


def test_pixels_are_kept_if_that_is_requested(encoder):
    options = replace(OPTIONS, content="pixels", adversarial_weight=0.0)
    task = make_task(encoder, options, pairs=pairs(1))
    steps = task.training_steps(batch())
    next(steps)
    painted = next(steps).losses.total
    ours = make_task(encoder, options, pairs=pairs(1))
    photographs, targets, _ = ours._sample_batch(batch())
    made = ours.networks[MODEL](photographs)
    expected = (made - targets).square().sum() / targets.square().sum()
    assert painted.item() == pytest.approx(expected.item(), rel=rounding(3 * 64 * 64))


def test_losses_stay_in_float32_in_mixed_precision(encoder):
    task = make_task(encoder, pairs=pairs(1))
    steps = task.training_steps(batch())
    for _ in range(2):
        with torch.autocast("cpu", torch.bfloat16):
            total, terms = next(steps).losses
            assert torch.is_autocast_enabled("cpu")
        assert {one.dtype for one in (total, *terms.values())} == {torch.float32}


@pytest.mark.slow
def test_it_is_validated_on_what_was_held_out(encoder):
    task = make_task(encoder, pairs=pairs(1), val_images=pairs(3)[1:])
    for one in task.networks.values():
        one.eval()
    losses = task.validate(batch())
    assert losses.keys() == {"total", "content", "style"}
    assert losses["total"] == pytest.approx(losses["content"] + losses["style"], rel=SINGLE)
    assert task.validate(batch(5)) == losses
    assert task.sample(batch()).shape == (2, 3, 3 * 64, 64)


def test_pictures_that_hold_no_block_are_refused(encoder):
    with pytest.raises(InputError, match="holds no block of 64"):
        make_task(encoder, styles=[picture(1, 60, 90)])
    with pytest.raises(InputError, match="no style image was given"):
        make_task(encoder)
