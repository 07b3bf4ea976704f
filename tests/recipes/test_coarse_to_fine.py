"""Sizes, budgets, and going on from a saved state bit for bit."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save

from brushwork.errors import InputError
from brushwork.optimize.products import Products
from brushwork.picture.window import Size
from brushwork.recipes import Level, Pictures, Saved, Transfer, run
from brushwork.recipes.coarse_to_fine import levels, optimizer_of


def test_one_level_where_nothing_is_coarser():
    assert levels(Size(300, 400), 200, "long", Transfer(coarsest=0, iterations=7)) == [Level(Size(150, 200), 7)]


def test_sizes_double_and_closures_shrink():
    options = Transfer(coarsest=64, iterations=100, finer_share=0.5)
    found = levels(Size(300, 400), 512, "long", options)
    assert found == [
        Level(Size(48, 64), 100),
        Level(Size(96, 128), 50),
        Level(Size(192, 256), 25),
        Level(Size(384, 512), 12),
    ]


@pytest.mark.parametrize(
    ("size", "coarsest", "first"),
    [(512, 192, 256), (512, 181, 128), (100, 64, 50), (100, 75, 100), (200, 200, 200), (200, 300, 200)],
)
def test_the_coarsest_level_is_the_nearest_to_what_was_asked_for(size, coarsest, first):
    found = levels(Size(100, 100), size, "long", Transfer(coarsest=coarsest))
    assert found[0].size == Size(first, first)
    assert found[-1].size == Size(size, size)


@pytest.mark.parametrize("measure", ["long", "short", "area"])
def test_the_full_size_is_the_pictures_own(measure):
    found = levels(Size(301, 401), "full", measure, Transfer(coarsest=64))
    assert found[-1].size == Size(301, 401)
    assert found[-2].size in (Size(150, 200), Size(151, 201))
    assert len(found) == {"long": 4, "short": 3, "area": 3}[measure]


def test_no_level_is_too_small_to_be_painted():
    options = Transfer(size=512, coarsest=32)
    assert [level.size for level in levels(Size(100, 1000), 512, "long", options)] == [Size(51, 512)]
    assert [min(level.size) for level in levels(Size(600, 1000), 512, "long", options)] == [38, 77, 154, 307]


def test_every_level_has_a_closure():
    options = Transfer(coarsest=32, iterations=1, finer_share=0.1)
    assert [level.closures for level in levels(Size(9, 9), 256, "short", options)] == [1, 1, 1, 1]


@pytest.fixture(params=["plain", "frequency", "search", "box", "adam", "averaged adam"])
def options(request, small_transfer):
    own = {
        "plain": {"boxed": False},
        "frequency": {"preconditioner": "frequency"},
        "search": {"line_search": True},
        "box": {"boxed": True, "start": "noise", "noise": 30.0},
        "adam": {"optimizer": "adam", "learning_rate": 4.0},
        "averaged adam": {"optimizer": "adam", "learning_rate": 4.0, "averaging": 0.8},
    }
    return small_transfer(size=96, coarsest=48, iterations=5, finer_share=0.8, **own[request.param])


@pytest.mark.slow
def test_progress_counts_levels_and_closures(options, tiny, photograph, painting):
    steps = list(run(options, Pictures(photograph, (painting,)), encoder=tiny))
    assert steps[0].levels == [Level(Size(36, 48), 5), Level(Size(72, 96), 4)]
    assert [step.budget for step in steps] == [9] * len(steps)
    spent = [step.spent for step in steps]
    assert spent == sorted(set(spent))
    assert (steps[0].spent, steps[0].level) == (1, 0)
    assert (steps[-1].spent, steps[-1].level) == (9, 1)
    for step in steps:
        assert Size.of(step.image) == step.levels[step.level].size
        assert step.image.min() >= 0
        assert step.image.max() <= 1


@pytest.mark.slow
def test_losses_fall_on_every_level(options, tiny, photograph, painting):
    steps = list(run(options, Pictures(photograph, (painting,)), encoder=tiny))
    for level in (0, 1):
        losses = [step.step.losses.total.item() for step in steps if step.level == level]
        assert losses[-1] < losses[0]


@pytest.mark.slow
def test_going_on_ends_bit_for_bit_as_without_a_break(options, tiny, photograph, painting):
    pictures = Pictures(photograph, (painting,))
    kept = [(step.saved(), step.image) for step in run(options, pictures, encoder=tiny)]
    _, expected = kept[-1]
    for saved, image in kept:
        # As from a file: other memory.
        again = Saved(saved.level, saved.spent, {name: value.clone() for name, value in saved.state.items()})
        rest = list(run(options, pictures, encoder=tiny, saved=again))
        assert torch.equal(rest[-1].image if rest else image, expected), (saved.level, saved.spent)
        if rest:
            assert rest[0].spent > (saved.spent if saved.level == 0 else 5 + saved.spent)


@pytest.mark.slow
def test_the_same_options_give_the_same_picture(options, tiny, photograph, painting):
    pictures = Pictures(photograph, (painting,))
    one, other = ([step.image for step in run(options, pictures, encoder=tiny)][-1] for _ in range(2))
    assert torch.equal(one, other)


@pytest.mark.slow
def test_a_box_keeps_every_pixel_displayable(small_transfer, tiny, photograph, painting):
    pictures = Pictures(photograph, (painting,))
    extremes = {}
    for boxed in (True, False):
        wild = small_transfer(boxed=boxed, start="noise", noise=80.0, iterations=4)
        *_, last = run(wild, pictures, encoder=tiny)
        extremes[boxed] = (last.step.image.min().item(), last.step.image.max().item())
    assert extremes[True][0] >= 0
    assert extremes[True][1] <= 1
    assert extremes[False][0] < -0.01 or extremes[False][1] > 1.01


def test_parts_of_a_picture_have_no_spectrum():
    with pytest.raises(InputError, match="one process"):
        optimizer_of(Transfer(preconditioner="frequency"), Products())


def test_what_is_saved_can_be_written_by_safetensors(small_transfer, tiny, photograph, painting):
    options = small_transfer(size=48, coarsest=0, iterations=2, pixel_range=1.0)
    for progress in run(options, Pictures(photograph, (painting,)), encoder=tiny):
        assert save(progress.saved().state)


@pytest.mark.slow
def test_what_is_saved_later_is_that_of_its_step(options, tiny, photograph, painting):
    steps = [(one.saving(), one.saved()) for one in run(options, Pictures(photograph, (painting,)), encoder=tiny)]
    for later, saved in steps:
        assert later()[:2] == saved[:2]
        assert later().state.keys() == saved.state.keys()
        assert all(torch.equal(value, saved.state[name]) for name, value in later().state.items())
