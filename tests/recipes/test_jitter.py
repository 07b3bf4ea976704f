"""With jitter, every outer step encodes content image and result under another shift of the network's grid."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.controls.guides import propagate_masks
from brushwork.errors import InputError
from brushwork.gradients import evaluate_whole
from brushwork.gradients.grid_shift import NO_SHIFT, GridShift, draw_shift
from brushwork.gradients.partition import FULL_IMAGE, FullImage, RowBand
from brushwork.gradients.tiled import Tiling
from brushwork.images.geometry import Size
from brushwork.losses.guided_moments import normalize_guides
from brushwork.recipes import run_recipe
from brushwork.recipes.multiscale import OUTER_STEP
from brushwork.recipes.style_transfer import TransferProblem
from threaded_ranks import run_on_ranks
from tolerances import DOUBLE

SIZE, SHIFT = Size(48, 64), GridShift(5, 3)
TILE = Tiling(56)


@pytest.fixture
def options(small_transfer):
    """Two outer steps at each of two sizes."""
    return small_transfer(size=96, min_size=48, iteration_decay=1.0, iterations=OUTER_STEP + 3, jitter=7)


@pytest.fixture
def pictures(photograph, painting):
    return RecipeInputs(photograph, (painting,))


def totals(steps):
    return [float(step.step.losses.total) for step in steps]


def test_the_content_target_is_shifted_with_the_image(options, photograph, painting, tiny):
    objective = TransferProblem(photograph, [painting], options, tiny).objectives_at(SIZE)(SHIFT)
    losses = objective(tiny(SHIFT.extend(photograph), objective.layers)).terms
    assert float(losses["content:conv2_1"]) == 0
    assert objective.losses["content:conv2_1"].loss.target.shape[-2:] == tiny.positions("conv2_1", Size(53, 67))


def test_masks_are_shifted_with_the_image(options, photograph, painting, tiny, halves):
    own = torch.cat([region.content for region in halves])
    problem = TransferProblem(photograph, [painting], options, tiny, regions=halves)
    found = problem.objectives_at(SIZE)(SHIFT).losses["style:conv1_1"].loss.guides
    extended = propagate_masks(SHIFT.extend(own[None])[0], "conv1_1", tiny, "simple")
    assert torch.equal(found, normalize_guides(extended))
    assert found.shape[-2:] == SHIFT.enlarge(SIZE)


def test_each_outer_step_has_its_own_function(options, photograph, painting, tiny):
    problem = TransferProblem(photograph, [painting], options, tiny)
    drawn = problem.evaluate_at(SIZE)
    for spent in (0, OUTER_STEP - 1, OUTER_STEP):
        shift = draw_shift(options.jitter, options.seed, spent // OUTER_STEP)
        by_hand = evaluate_whole(tiny, problem.objectives_at(SIZE)(shift))
        own = drawn.outer_step(spent, 100)[0](painted := photograph.flip(-1).clone().requires_grad_())
        assert painted.grad is not None
        assert own.total == by_hand(shift.extend(photograph.flip(-1)).requires_grad_()).total


def test_paintings_are_encoded_once_for_a_size(options, photograph, painting, tiny, monkeypatch):
    problem = TransferProblem(photograph, [painting], options, tiny)
    drawn, seen = problem.evaluate_at(SIZE), []
    monkeypatch.setattr(TransferProblem, "style_at", lambda *given: seen.append(given))
    drawn.outer_step(0, 100), drawn.outer_step(OUTER_STEP, 100)
    assert not seen


@pytest.mark.slow
@pytest.mark.parametrize("own", [{}, {"loss": ("sliced",)}])
def test_a_resumed_run_ends_bit_for_bit(options, pictures, tiny, own):
    options = type(options)(**{**vars(options), **own})
    whole = list(run_recipe(options, pictures, encoder=tiny))
    assert len(whole) > 2 * OUTER_STEP + 4
    for after in (OUTER_STEP, 2 * OUTER_STEP + 4):
        *_, last = islice(run_recipe(options, pictures, encoder=tiny), after)
        rest = list(run_recipe(options, pictures, encoder=tiny, resume=last.resume_state()))
        assert totals(rest) == totals(whole[after:])
        assert torch.equal(rest[-1].image, whole[-1].image)


@pytest.mark.slow
def test_in_tiles(options, pictures, tiny):
    one, tiled = (
        list(run_recipe(options, pictures, encoder=tiny, partition=share)) for share in (FULL_IMAGE, FullImage(TILE))
    )
    torch.testing.assert_close(tiled[-1].step.image, one[-1].step.image, rtol=0, atol=DOUBLE)


@pytest.mark.slow
def test_on_several_ranks(options, pictures, tiny):
    def painted(group):
        band = RowBand.of(tiny, options.encoded_layers, group, TILE)
        return list(run_recipe(options, pictures, encoder=tiny, partition=band))

    several, one = run_on_ranks(3, painted), list(run_recipe(options, pictures, encoder=tiny))
    assert len({tuple(totals(rank)) for rank in several}) == 1
    stitched = torch.cat([rank[-1].step.image for rank in several], dim=2)
    torch.testing.assert_close(stitched, one[-1].step.image, rtol=0, atol=DOUBLE)


def test_without_jitter_there_is_one_function(options, photograph, painting, tiny):
    still = type(options)(**{**vars(options), "jitter": 0})
    problem = TransferProblem(photograph, [painting], still, tiny)
    leaf = photograph.flip(-1).clone().requires_grad_()
    own = problem.evaluate_at(SIZE)(leaf)
    assert own.total == evaluate_whole(tiny, problem.objectives_at(SIZE)(NO_SHIFT))(leaf).total


@pytest.mark.parametrize("jitter", [-1, 32])
def test_what_jitter_may_be(small_transfer, jitter):
    with pytest.raises(InputError, match=f"jitter is {jitter}: it must be 0 or more, and below 32"):
        small_transfer(jitter=jitter)


def test_thin_images_are_shifted_by_less_than_their_sides(options, tiny):
    thin = torch.rand(1, 3, 5, 64, generator=torch.Generator().manual_seed(0))
    one_size = replace(options, size=64, min_size=0, content_layers=("conv1_1",), style_layers=("conv1_1",))
    problem = TransferProblem(thin, [torch.rand(1, 3, 32, 32)], one_size, tiny)
    evaluate = problem.evaluate_at(Size(5, 64)).draw(0)
    image = thin.clone().requires_grad_()
    assert torch.isfinite(evaluate(image).total)
    assert GridShift(7, 7).limit(Size(5, 64)) == GridShift(4, 7)
