"""An image that is extended for the network has the losses and the gradient of the extended image."""

from __future__ import annotations

import pytest
import torch

from brushwork.distributed.halo_exchange import RowRange
from brushwork.gradients import evaluate_whole
from brushwork.gradients.grid_shift import NO_SHIFT, GridShift, draw_shift
from brushwork.gradients.partition import FullImage, RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.losses import ContentLoss, GramLoss, TotalVariationLoss
from brushwork.objective import Objective
from threaded_ranks import run_on_ranks
from tiny_network import picture, tiny_network
from tolerances import DOUBLE

SHIFTS = [GridShift(7, 3), GridShift(0, 5), GridShift(11, 0)]
SIZE = Size(64, 40)
TILE = Tiling(40)


@pytest.fixture
def encoder_and_image():
    encoder = tiny_network().double()
    return encoder, picture(1, *SIZE).double()


def an_objective(encoder, size):
    """Position by position, over all positions, and over neighbors."""
    features = encoder(picture(2, *size).double(), ("relu1_1", "relu3_1"))
    columns = features["relu1_1"].flatten(2)
    return (
        Objective.single("content", ContentLoss("relu3_1", features["relu3_1"], 0.01))
        + Objective.single("style", GramLoss("relu1_1", columns @ columns.mT / columns.shape[-1], 1e-4))
        + Objective.single("smoothness", TotalVariationLoss(1, 0.3, 0.7))
    )


def expected(encoder, objective, image, shift):
    """By automatic differentiation through the extension."""
    leaf = image.clone().requires_grad_()
    losses = objective(encoder(shift.extend(leaf), objective.layers))
    losses.total.backward()
    return losses.total.detach(), leaf.grad


def found(evaluate, part):
    leaf = part.detach().clone().requires_grad_()
    return evaluate(leaf).total, leaf.grad


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("tiling", [None, TILE])
def test_in_one_process(encoder_and_image, shift, tiling):
    encoder, image = encoder_and_image
    objective = an_objective(encoder, shift.enlarge(SIZE))
    total, gradient = expected(encoder, objective, image, shift)
    own, mine = found(FullImage(tiling).evaluate(encoder, objective, SIZE, shift), image)
    torch.testing.assert_close(own, total, rtol=DOUBLE, atol=0)
    torch.testing.assert_close(mine, gradient, rtol=0, atol=DOUBLE * float(gradient.abs().max()))


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("ranks", [2, 5])
def test_on_several_ranks(encoder_and_image, shift, ranks):
    """Bands of the extended image begin elsewhere; some ranks have no rows, and the first may mirror rows of others."""
    encoder, image = encoder_and_image
    objective = an_objective(encoder, shift.enlarge(SIZE))
    total, gradient = expected(encoder, objective, image, shift)

    def one(group):
        band = RowBand.of(encoder, objective.layers, group, TILE)
        return found(band.evaluate(encoder, objective, SIZE, shift), band.crop(image))

    parts = run_on_ranks(ranks, one)
    assert len({float(own) for own, _ in parts}) == 1
    torch.testing.assert_close(parts[0][0], total, rtol=DOUBLE, atol=0)
    whole = torch.cat([part for _, part in parts], dim=2)
    torch.testing.assert_close(whole, gradient, rtol=0, atol=DOUBLE * float(gradient.abs().max()))


def test_a_gradient_is_added_to_the_one_that_is_there(encoder_and_image):
    encoder, image = encoder_and_image
    shift = SHIFTS[0]
    evaluate = FullImage().evaluate(encoder, an_objective(encoder, shift.enlarge(SIZE)), SIZE, shift)
    leaf = image.clone().requires_grad_()
    evaluate(leaf)
    once = leaf.grad.clone()
    evaluate(leaf)
    torch.testing.assert_close(leaf.grad, 2 * once, rtol=0, atol=0)


def test_without_a_shift_nothing_is_done(encoder_and_image):
    encoder, image = encoder_and_image
    objective = an_objective(encoder, SIZE)
    one, two = (
        found(evaluate, image)
        for evaluate in (evaluate_whole(encoder, objective), FullImage().evaluate(encoder, objective, SIZE, NO_SHIFT))
    )
    assert all(map(torch.equal, one, two))
    assert NO_SHIFT.extend(image) is image


def test_rows_are_mirrored_about_the_first():
    assert GridShift(3, 0).source_rows(RowRange(0, 6)) == [3, 2, 1, 0, 1, 2]
    assert GridShift(2, 1).extend(torch.arange(12.0).view(1, 1, 4, 3))[0, 0, :, 0].tolist() == [7, 4, 1, 4, 7, 10]


def test_shifts_follow_from_the_number_of_the_step():
    """The first is the largest: the memory of the first step is that of all. The others reach every place of a cell."""
    drawn = [draw_shift(15, 3, step) for step in range(400)]
    assert drawn[0] == GridShift(15, 15)
    assert drawn == [draw_shift(15, 3, step) for step in range(400)]
    assert drawn[1:] != [draw_shift(15, 4, step) for step in range(1, 400)]
    assert {shift.top for shift in drawn} == {shift.left for shift in drawn} == set(range(16))
