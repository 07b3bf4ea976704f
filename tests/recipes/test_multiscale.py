"""Sizes, budgets, and going on from a saved state bit for bit."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save

from brushwork.controls import RecipeInputs
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.optim.reductions import Reductions
from brushwork.recipes import ResumeState, ScheduleLevel, TransferOptions, run_recipe
from brushwork.recipes.optimizers import make_optimizer
from tolerances import DOUBLE


@pytest.fixture(
    params=["plain", "frequency", "search", "box", "adam", "averaged adam", "descent", "anew", "anew at each size"]
)
def options(request, small_transfer):
    own = {
        "plain": {"bounded": False},
        "frequency": {"preconditioner": "frequency"},
        "search": {"line_search": True},
        "box": {"bounded": True, "init": "noise", "noise": 30.0},
        "adam": {"optimizer": "adam", "learning_rate": 4.0},
        "averaged adam": {"optimizer": "adam", "learning_rate": 4.0, "ema_decay": 0.8},
        "descent": {"optimizer": "sgd", "learning_rate": 1e-7, "learning_rate_decay": 0.5},
        "anew": {"restart": 2, "finer_history": 1},
        "anew at each size": {"carried_memory": "none", "initial_step": 0.01},
    }
    return small_transfer(size=96, min_size=48, iterations=5, iteration_decay=0.8, **own[request.param])


@pytest.mark.slow
def test_progress_counts_levels_and_iterations(options, tiny, photograph, painting):
    steps = list(run_recipe(options, RecipeInputs(photograph, (painting,)), encoder=tiny))
    assert steps[0].levels == [ScheduleLevel(Size(36, 48), 5), ScheduleLevel(Size(72, 96), 4)]
    assert [step.budget for step in steps] == [9] * len(steps)
    spent = [step.iterations for step in steps]
    assert spent == sorted(set(spent))
    assert (steps[0].iterations, steps[0].level) == (1, 0)
    assert (steps[-1].iterations, steps[-1].level) == (9, 1)
    for step in steps:
        assert Size.of(step.image) == step.levels[step.level].size
        assert step.image.min() >= 0
        assert step.image.max() <= 1


@pytest.mark.slow
def test_losses_fall_on_every_level(options, tiny, photograph, painting):
    steps = list(run_recipe(options, RecipeInputs(photograph, (painting,)), encoder=tiny))
    for level in (0, 1):
        losses = [step.step.losses.total.item() for step in steps if step.level == level]
        assert losses[-1] < losses[0]


@pytest.mark.slow
def test_going_on_ends_bit_for_bit_as_without_a_break(options, tiny, photograph, painting):
    pictures = RecipeInputs(photograph, (painting,))
    kept = [(step.resume_state(), step.image) for step in run_recipe(options, pictures, encoder=tiny)]
    _, expected = kept[-1]
    for saved, image in kept:
        # As from a file: other memory.
        again = ResumeState(saved.level, saved.iterations, {name: value.clone() for name, value in saved.state.items()})
        rest = list(run_recipe(options, pictures, encoder=tiny, resume=again))
        assert torch.equal(rest[-1].image if rest else image, expected), (saved.level, saved.iterations)
        if rest:
            assert rest[0].iterations > (saved.iterations if saved.level == 0 else 5 + saved.iterations)


def test_a_saved_state_of_another_size_is_refused(small_transfer, tiny, photograph, painting):
    pictures = RecipeInputs(photograph, (painting,))
    options = small_transfer(size=96, min_size=48, iterations=1)
    first, second = (step.resume_state() for step in run_recipe(options, pictures, encoder=tiny))
    for changed, saved in (({"size": 80}, second), ({"min_size": 0}, second), ({"size": 64, "min_size": 0}, first)):
        other = small_transfer(iterations=1, **({"size": 96, "min_size": 48} | changed))
        with pytest.raises(InputError, match=r"the saved state is of .* pixels at size .*, which this run has not"):
            next(run_recipe(other, pictures, encoder=tiny, resume=saved))


def test_only_the_image_is_moved_to_a_device():
    """The history stays, perhaps in a file, until it is loaded pair by pair."""
    state = {name: torch.rand(2) for name in ("point", "shown", "lbfgs.s.0", "guard.best")}
    moved = ResumeState(0, 3, state).to(torch.device("meta")).state
    assert {name for name, value in moved.items() if value.is_meta} == {"point", "shown"}
    assert all(moved[name] is state[name] for name in ("lbfgs.s.0", "guard.best"))


@pytest.mark.slow
def test_the_same_options_give_the_same_picture(options, tiny, photograph, painting):
    pictures = RecipeInputs(photograph, (painting,))
    one, other = ([step.image for step in run_recipe(options, pictures, encoder=tiny)][-1] for _ in range(2))
    assert torch.equal(one, other)


def memories(options, tiny, photograph, painting):
    """What the optimizer remembers after each step."""
    steps = run_recipe(options, RecipeInputs(photograph, (painting,)), encoder=tiny)
    return [(step.level, dict(step.optimizer.state())) for step in steps]


def pairs(state):
    return sum(name.startswith("lbfgs.s.") for name in state)


@pytest.mark.slow
def test_an_optimizer_starts_anew_after_as_many_iterations_as_requested(small_transfer, tiny, photograph, painting):
    options = small_transfer(iterations=8, restart=3, initial_step=0.01)
    found = [pairs(state) for _, state in memories(options, tiny, photograph, painting)]
    assert found == [0, 1, 2, 1, 2, 3, 1, 2]  # the point where it starts anew is not evaluated again


@pytest.mark.slow
def test_finer_sizes_remember_less_or_nothing(small_transfer, tiny, photograph, painting):
    own = {"size": 96, "min_size": 48, "iterations": 5, "finer_iterations": 4, "initial_step": 0.01}
    at_level = {}
    for name, options in {
        "all": small_transfer(**own),
        "two": small_transfer(**own, finer_history=2),
        "none": small_transfer(**own, carried_memory="none"),
    }.items():
        found = memories(options, tiny, photograph, painting)
        at_level[name] = [pairs(state) for level, state in found if level == 1]
    assert at_level == {"all": [4, 5, 6, 7], "two": [2, 2, 2, 2], "none": [0, 1, 2, 3]}


@pytest.mark.slow
def test_moments_are_scaled_to_the_finer_gradients_or_only_resized(small_transfer, tiny, photograph, painting):
    own = {"size": 96, "min_size": 48, "iterations": 4, "optimizer": "adam", "learning_rate": 4.0, "beta2": 0.9}
    scaled, resized = (
        next(state for level, state in memories(small_transfer(**own, **carried), tiny, photograph, painting) if level)
        for carried in ({}, {"carried_memory": "resized"})
    )
    assert scaled["adam.count"] == resized["adam.count"] == 3
    torch.testing.assert_close(4 * scaled["adam.mean"], resized["adam.mean"], rtol=DOUBLE, atol=0)
    torch.testing.assert_close(16 * scaled["adam.square"], resized["adam.square"], rtol=DOUBLE, atol=0)


@pytest.mark.slow
def test_a_box_keeps_every_pixel_displayable(small_transfer, tiny, photograph, painting):
    pictures = RecipeInputs(photograph, (painting,))
    extremes = {}
    for boxed in (True, False):
        wild = small_transfer(bounded=boxed, init="noise", noise=80.0, iterations=4)
        *_, last = run_recipe(wild, pictures, encoder=tiny)
        extremes[boxed] = (last.step.image.min().item(), last.step.image.max().item())
    assert extremes[True][0] >= 0
    assert extremes[True][1] <= 1
    assert extremes[False][0] < -0.01 or extremes[False][1] > 1.01


def test_parts_of_a_picture_have_no_spectrum():
    with pytest.raises(InputError, match="one process"):
        make_optimizer(TransferOptions(preconditioner="frequency"), Reductions())


@pytest.mark.parametrize("how", [{}, {"optimizer": "adam", "learning_rate": 0.02, "ema_decay": 0.9}])
def test_what_is_saved_can_be_written_by_safetensors(how, small_transfer, tiny, photograph, painting):
    options = small_transfer(size=48, min_size=0, iterations=2, optimizer_scale=1.0, **how)
    for progress in run_recipe(options, RecipeInputs(photograph, (painting,)), encoder=tiny):
        assert save(progress.resume_state().state)


@pytest.mark.slow
def test_what_is_saved_later_is_that_of_its_step(options, tiny, photograph, painting):
    steps = [
        (one.lazy_resume_state(), one.resume_state())
        for one in run_recipe(options, RecipeInputs(photograph, (painting,)), encoder=tiny)
    ]
    for later, saved in steps:
        assert later()[:2] == saved[:2]
        assert later().state.keys() == saved.state.keys()
        assert all(torch.equal(value, saved.state[name]) for name, value in later().state.items())
