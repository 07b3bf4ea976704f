from __future__ import annotations

import math

import pytest
import torch

from brushwork.errors import DivergedError
from brushwork.optim import LBFGS, Adam, DivergenceGuard, PixelParametrization, minimize


def holed(problems):
    """A valley that is not a number beyond a wall; steps without a search go over it."""

    def function(image):
        return problems.rosenbrock(image) * (torch.nan if image.detach().max() > 1.02 else 1)

    return problems.make_evaluate(function)


def run_steps(evaluate, optimizer, steps, start, canvas=None):
    return list(minimize(canvas or PixelParametrization(), evaluate, optimizer, steps, init=start))


@pytest.mark.slow
def test_without_trouble_nothing_changes(problems, start):
    plain = run_steps(problems.painting(shape=start.shape), LBFGS(), 30, start)
    guarded = run_steps(problems.painting(shape=start.shape), DivergenceGuard(LBFGS()), 30, start)
    assert all(torch.equal(a.point, b.point) and b.note is None for a, b in zip(plain, guarded, strict=True))


@pytest.mark.slow
def test_a_region_without_numbers_is_left_for_the_best_picture(problems, start):
    unguarded = run_steps(holed(problems), LBFGS(), 150, start)
    assert not math.isfinite(unguarded[-1].losses.total)
    steps = run_steps(holed(problems), DivergenceGuard(LBFGS()), 150, start)
    losses = [float(step.losses.total) for step in steps]
    assert all(math.isfinite(loss) for loss in losses)
    (back,) = [place for place, step in enumerate(steps) if step.note]
    assert losses[back] == min(losses[: back + 1])
    assert steps[back].index == steps[back - 1].index + 2  # the bad evaluation, and the best point's again
    assert "became nan" in steps[back].note
    assert "with a line search" in steps[back].note
    assert losses[-1] < 0.1 * losses[back]


@pytest.mark.slow
def test_an_explosion_is_undone(problems, start):
    """Steps 40 times too long drive the plain walk away for good."""
    evaluate = problems.make_evaluate(problems.rosenbrock)
    plain = run_steps(evaluate, LBFGS(lr=40.0), 60, start)
    assert not plain[-1].losses.total < 1e3 * plain[0].losses.total
    steps = run_steps(evaluate, DivergenceGuard(LBFGS(lr=40.0)), 200, start)
    (note,) = [step.note for step in steps if step.note]
    assert "with a line search" in note
    assert steps[-1].losses.total < 1e-3


def test_adam_goes_on_with_smaller_steps(problems, start):
    steps = run_steps(
        problems.make_evaluate(lambda image: (image**4).sum()), DivergenceGuard(Adam(100.0, ema_decay=0.5)), 60, start
    )
    notes = [step.note for step in steps if step.note]
    assert "with a learning rate of 10" in notes[0]
    assert "with a learning rate of 1" in notes[1]
    assert steps[-1].losses.total < steps[0].losses.total


def test_a_small_rise_is_no_explosion(problems, start):
    """After great progress, a rise that stays under the first loss is left alone."""
    values = iter([1.0, 1e-9, 1e-3, 1e-9])
    evaluate = problems.make_evaluate(lambda image: image.sum() * 0 + next(values) + (image - image.detach()).sum())
    steps = run_steps(evaluate, DivergenceGuard(Adam(0.1)), 4, start)
    assert [step.note for step in steps] == [None] * 4


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1e30])
@pytest.mark.parametrize("make", [lambda: LBFGS(), lambda: LBFGS(line_search=True), lambda: Adam(0.1)])
def test_a_hopeless_case_ends_with_the_best_picture(problems, start, value, make):
    best = start

    def function(image):
        worth = (image**2).sum() + 1
        return worth if torch.equal(image.detach(), best) else worth * value

    steps = minimize(PixelParametrization(), problems.make_evaluate(function), DivergenceGuard(make()), 500, init=start)
    if value == 1e30 and isinstance(make(), LBFGS):
        # The line search tells a wall from a hole: nothing near is lower, so the walk is over.
        assert float(list(steps)[-1].losses.total) == float((start**2).sum() + 1)
        return
    with pytest.raises(DivergedError, match="3 restarts in a row") as caught:
        list(steps)
    assert torch.equal(caught.value.image, start)


def test_a_new_best_point_ends_a_row_of_troubles(problems, start):
    calls = []

    def function(image):
        calls.append(len(calls) + 1)
        return (image**2).sum() * (torch.nan if calls[-1] % 8 == 0 else 1)

    steps = run_steps(problems.make_evaluate(function), DivergenceGuard(Adam(1e-2)), 60, start)
    assert sum(step.note is not None for step in steps) >= 5


def test_trouble_at_the_last_evaluation_ends_with_the_best_picture(problems, start):
    calls = []

    def function(image):
        calls.append(0)
        return (image**2).sum() * (torch.nan if len(calls) == 5 else 1)

    steps = run_steps(problems.make_evaluate(function), DivergenceGuard(LBFGS()), 5, start)
    assert [step.index for step in steps] == [1, 2, 3, 4, 5]
    assert torch.equal(steps[-1].point, min(steps[:-1], key=lambda step: float(step.losses.total)).point)
    assert "became nan at evaluation 5" in steps[-1].note


def test_it_passes_calls_on_to_the_optimizer(problems, start):
    guard = DivergenceGuard(Adam(0.02))
    evaluate = problems.make_evaluate(problems.rosenbrock)
    first = run_steps(evaluate, guard, 10, start)
    guard.reset()
    again = run_steps(evaluate, guard, 10, start)
    assert all(torch.equal(one.point, other.point) for one, other in zip(first, again, strict=True))
    assert guard.back_off() == "with a learning rate of 0.002"


def test_negative_losses_may_rise_a_little(problems, start):
    values = iter([0.0, -10.0, -5.0, -11.0])
    evaluate = problems.make_evaluate(lambda image: next(values) + (image - image.detach()).sum())
    assert all(step.note is None for step in run_steps(evaluate, DivergenceGuard(Adam(0.1)), 4, start))


@pytest.mark.slow
def test_at_another_size_the_best_is_another(problems, start):
    guard = DivergenceGuard(LBFGS(line_search=True))
    run_steps(problems.make_evaluate(problems.rosenbrock), guard, 20, start)
    guard.rescale(lambda v: v.repeat_interleave(2, dim=-2), 0.5)
    assert "guard.best" not in guard.state()
    large = start.repeat_interleave(2, dim=-2)
    evaluate = problems.make_evaluate(lambda image: problems.rosenbrock(image) * 1e9)
    steps = run_steps(evaluate, guard, 20, large)
    assert all(step.note is None for step in steps)
