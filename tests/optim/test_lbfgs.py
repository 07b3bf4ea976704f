from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from scipy.optimize import minimize as scipy_minimize

from brushwork.errors import InputError
from brushwork.optim import LBFGS, PixelParametrization, minimize
from brushwork.optim.curvature_pairs import CurvaturePairs
from brushwork.types import LossValues
from tolerances import DOUBLE


def run_steps(evaluate, optimizer, steps, start, canvas=None):
    return list(minimize(canvas or PixelParametrization(), evaluate, optimizer, steps, init=start))


def torch_walk(evaluate, steps, start, unit=1.0, **options):
    """The points that torch.optim.LBFGS evaluates."""
    point = (start * unit).clone().requires_grad_()
    tolerances = {"max_iter": steps, "max_eval": steps, "tolerance_grad": 0, "tolerance_change": 0}
    optimizer, seen = torch.optim.LBFGS([point], **tolerances, **options), []

    def closure():
        seen.append(point.detach().clone())
        image = (point.detach() / unit).requires_grad_()
        total = evaluate(image).total.detach()
        point.grad = image.grad / unit
        return total

    optimizer.step(closure)
    return seen


def start_of(shape=(1, 3, 16, 20), dtype=torch.float64):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64).to(dtype)


@pytest.mark.slow
@pytest.mark.parametrize("unit", [1.0, 255.0])
@pytest.mark.parametrize("history", [3, 100])
def test_iterates_are_those_of_torch(problems, unit, history):
    ours = run_steps(problems.painting(), LBFGS(history=history), 40, start_of(), PixelParametrization(unit))
    theirs = torch_walk(problems.painting(), 40, start_of(), unit, history_size=history)
    assert len(ours) == len(theirs) == 40
    for step, point in zip(ours, theirs, strict=True):
        assert (step.point - point).abs().max() < DOUBLE * unit


@pytest.mark.slow
def test_a_learning_rate_means_what_it_means_to_torch(problems):
    ours = run_steps(problems.painting(), LBFGS(lr=0.3), 20, start_of())
    theirs = torch_walk(problems.painting(), 20, start_of(), lr=0.3)
    torch.testing.assert_close(ours[-1].point, theirs[-1], rtol=0, atol=DOUBLE)


def test_the_first_step_moves_by_one_unit_altogether(problems, start):
    first, second = run_steps(problems.make_evaluate(problems.rosenbrock), LBFGS(), 2, start)
    assert (second.point - first.point).abs().sum() == pytest.approx(1)


def test_pairs_without_curvature_are_left_out(problems, start):
    optimizer = LBFGS()
    run_steps(problems.make_evaluate(lambda image: -(image**2).sum()), optimizer, 5, start)
    assert not [name for name in optimizer.state() if name.startswith("lbfgs.s.")]


@pytest.mark.slow
def test_the_history_has_a_length(problems, start):
    optimizer = LBFGS(history=4, line_search=True)
    run_steps(problems.make_evaluate(problems.rosenbrock), optimizer, 40, start)
    assert sum(name.startswith("lbfgs.y") for name in optimizer.state()) == 4


@pytest.mark.parametrize("scale", [1e20, 1e12])
def test_huge_gradients_change_nothing_in_float32(problems, start, scale):
    function, _ = problems.quadratic(dtype=torch.float32)
    plain = run_steps(problems.make_evaluate(function), LBFGS(), 15, start.float())
    huge = run_steps(problems.make_evaluate(lambda image: function(image) * scale), LBFGS(), 15, start.float())
    assert len(huge) == 15
    for a, b in zip(plain, huge, strict=True):
        torch.testing.assert_close(a.point, b.point, rtol=2e-2, atol=2e-2)
    assert float(huge[-1].losses.total) / scale == pytest.approx(float(plain[-1].losses.total), rel=1e-4)


@pytest.mark.slow
def test_with_a_search_it_reaches_the_bottom_of_the_valley(problems, start):
    evaluate = problems.make_evaluate(problems.rosenbrock)
    steps = run_steps(evaluate, LBFGS(line_search=True, history=20, min_curvature=0.0), 300, start)
    theirs = torch_walk(
        problems.make_evaluate(problems.rosenbrock), 300, start, history_size=20, line_search_fn="strong_wolfe"
    )
    assert steps[-1].losses.total < 1e-12
    assert (steps[-1].point - 1).abs().max() < 1e-6
    assert steps[-1].losses.total <= problems.rosenbrock(theirs[-1]) + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("budget", [30, 60])
def test_the_search_is_as_good_as_that_of_torch(problems, budget):
    ours = run_steps(problems.painting(), LBFGS(line_search=True), budget, start_of())
    theirs = torch_walk(problems.painting(), budget, start_of(), line_search_fn="strong_wolfe")
    reached = problems.painting()(theirs[-1].clone().requires_grad_()).total
    assert ours[-1].losses.total < 1.1 * reached


@pytest.mark.slow
def test_with_a_search_the_loss_never_rises(problems):
    losses = [
        float(step.losses.total) for step in run_steps(problems.painting(), LBFGS(line_search=True), 80, start_of())
    ]
    assert losses == sorted(losses, reverse=True)
    assert len(losses) > 40  # most searches take one evaluation


@pytest.mark.slow
@pytest.mark.parametrize("search", [False, True])
def test_bounded_quadratics_end_where_scipys_do(problems, start, search):
    function, lowest = problems.quadratic(1000.0)
    box = (-0.3, 0.4)
    assert ((lowest < box[0]) | (lowest > box[1])).any()
    steps = run_steps(
        problems.make_evaluate(function),
        LBFGS(line_search=search, history=20),
        150,
        start,
        PixelParametrization(limits=box),
    )
    reference = scipy(function, start, box)
    assert float(steps[-1].losses.total) == pytest.approx(reference.fun, rel=DOUBLE)
    theirs = torch.as_tensor(reference.x).view(start.shape)
    torch.testing.assert_close(steps[-1].point, theirs, rtol=0, atol=1e-4)
    for step in steps:
        assert box[0] <= step.point.min()
        assert step.point.max() <= box[1]


@pytest.mark.slow
@pytest.mark.parametrize("box", [(-0.5, 0.8), (-0.5, 1.5)])
def test_bounded_valleys_end_where_scipys_do(problems, start, box):
    optimizer = LBFGS(line_search=True, history=20, min_curvature=0.0)
    steps = run_steps(
        problems.make_evaluate(problems.rosenbrock), optimizer, 250, start, PixelParametrization(255.0, box)
    )
    reference = scipy(problems.rosenbrock, start, box)
    assert float(steps[-1].losses.total) == pytest.approx(reference.fun, rel=1e-8, abs=1e-8)
    arrived = next(step.index for step in steps if step.losses.total < reference.fun + 1e-8)
    assert arrived <= reference.nfev * 1.5


def scipy(function, start, box):
    def value(x):
        image = torch.as_tensor(x).view(start.shape).requires_grad_()
        loss = function(image)
        loss.backward()
        return float(loss.detach()), image.grad.numpy().ravel()

    options = {"maxcor": 20, "ftol": 1e-15, "gtol": 1e-10, "maxiter": 5000, "maxfun": 5000}
    first = start.clamp(*box).numpy().ravel()
    return scipy_minimize(value, first, jac=True, method="L-BFGS-B", bounds=[box] * first.size, options=options)


@pytest.mark.parametrize("search", [False, True])
def test_it_ends_where_nothing_is_to_gain(problems, start, search):
    evaluate = problems.make_evaluate(lambda image: ((image - start) ** 2).sum())
    assert [step.index for step in run_steps(evaluate, LBFGS(line_search=search), 10, start)] == [1]
    corner = problems.make_evaluate(lambda image: image.sum())
    bottom = run_steps(
        corner, LBFGS(line_search=search), 10, torch.zeros_like(start), PixelParametrization(limits=(0.0, 1.0))
    )
    assert len(bottom) == 1


def test_a_direction_that_leads_up_drops_the_memory(problems, start, monkeypatch):
    """Rounding may do that to the two loops; here the sign is turned."""
    monkeypatch.setattr(
        CurvaturePairs, "direction", lambda pairs, gradient: gradient.clone() if len(pairs) else gradient.neg()
    )
    steps = run_steps(problems.make_evaluate(lambda image: (image**2).sum()), LBFGS(), 6, start)
    for before, after in pairwise(steps):
        assert (after.point - before.point).abs().sum() == pytest.approx(1)  # each is a first step


@pytest.mark.slow
def test_a_search_that_finds_nothing_is_repeated_straight_down(problems, start, monkeypatch):
    plain = CurvaturePairs.direction
    monkeypatch.setattr(
        CurvaturePairs, "direction", lambda pairs, gradient: plain(pairs, gradient) * (1e30 if len(pairs) == 2 else 1)
    )
    evaluate = problems.make_evaluate(problems.rosenbrock)
    losses = {step.index: float(step.losses.total) for step in run_steps(evaluate, LBFGS(line_search=True), 100, start)}
    assert sorted(losses.values(), reverse=True) == list(losses.values())
    assert max(after - before for before, after in pairwise(losses)) > 20
    assert len(losses) > 6


def test_pairs_go_along_to_another_size_if_they_still_curve_upward(problems, start):
    optimizer = LBFGS(line_search=True)
    run_steps(problems.make_evaluate(problems.rosenbrock), optimizer, 12, start)
    before = optimizer.state()
    count = sum(name.startswith("lbfgs.s.") for name in before)
    flipped = {id(before["lbfgs.y.1"])}
    optimizer.rescale(lambda v: (-v if id(v) in flipped else v).repeat_interleave(2, dim=-1), 0.5)
    after = optimizer.state()
    assert sum(name.startswith("lbfgs.s.") for name in after) == count - 1 > 2
    assert torch.equal(after["lbfgs.s.1"], before["lbfgs.s.2"].repeat_interleave(2, dim=-1))
    assert torch.equal(after["lbfgs.y.1"], before["lbfgs.y.2"].repeat_interleave(2, dim=-1) / 2)


@pytest.mark.slow
def test_a_carried_memory_is_the_memory_of_the_larger_problem(problems, start):
    """Doubling every pixel halves each one's share of a mean: the next direction is the doubled one."""
    function, _ = problems.quadratic()
    small, large = LBFGS(), LBFGS()
    steps = run_steps(problems.make_evaluate(function), small, 20, start)
    large.load(small.state())
    large.rescale(lambda v: v.repeat_interleave(2, dim=-1), 0.5)

    def doubled(image):
        return function(torch.nn.functional.avg_pool2d(image, (1, 2)))

    wide = steps[-1].point.repeat_interleave(2, dim=-1)
    ahead = list(minimize(PixelParametrization(), problems.make_evaluate(function), small, 8, point=steps[-1].point))
    ahead_wide = list(minimize(PixelParametrization(), problems.make_evaluate(doubled), large, 8, point=wide))
    for a, b in zip(ahead, ahead_wide, strict=True):
        torch.testing.assert_close(a.point.repeat_interleave(2, dim=-1), b.point, rtol=0, atol=DOUBLE)


@pytest.mark.slow
def test_pairs_that_do_not_hold_at_the_new_size_are_dropped_at_the_first_step(problems, start):
    function, _ = problems.quadratic()
    evaluate, optimizer = problems.make_evaluate(function), LBFGS()
    first = run_steps(evaluate, optimizer, 20, start)[-1].point
    optimizer.rescale(lambda v: v, 0.05)  # a curvature twenty times too small
    _, second = minimize(PixelParametrization(), evaluate, optimizer, 3, point=first + 0.1)
    assert second.index == 3  # the evaluation that showed it is counted
    assert (second.point - first - 0.1).abs().sum() == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("unit", [1.0, 255.0])
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_with_a_first_move_the_scale_of_the_loss_does_not_matter(problems, start, unit, scale):
    def run(unit, scale):
        function, _ = problems.quadratic()
        optimizer = LBFGS(initial_step=0.01 * unit, min_curvature=0.0)
        return run_steps(
            problems.make_evaluate(lambda image: function(image) * scale),
            optimizer,
            20,
            start,
            PixelParametrization(unit),
        )

    for one, other in zip(run(1.0, 1.0), run(unit, scale), strict=True):
        torch.testing.assert_close(one.image, other.image, rtol=0, atol=1e-6)
    first, second, *_ = run(unit, scale)
    assert (second.image - first.image).abs().mean() == pytest.approx(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("box", [None, (-0.5, 1.5)])
def test_no_step_is_larger_than_the_largest_move(problems, start, box):
    function, lowest = problems.quadratic()
    away = (lowest * 50).add(start)  # far off, where steps are long

    def moves(largest):
        optimizer = LBFGS(initial_step=1e-3, min_curvature=0.0, max_step=largest)
        steps = run_steps(problems.make_evaluate(function), optimizer, 12, away, PixelParametrization(limits=box))
        return [float((after.point - before.point).abs().mean()) for before, after in pairwise(steps)]

    free = moves(None)
    allowed = max(free) / 3
    held = moves(allowed)
    assert held[0] == free[0] == pytest.approx(1e-3, rel=0.1)
    assert max(held) <= allowed * (1 + 1e-9)
    assert moves(max(free) * 2) == free


@pytest.mark.parametrize(
    "options", [{"history": 0}, {"lr": 0.0}, {"lr": float("nan")}, {"initial_step": 0.0}, {"max_step": -1.0}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError, match="L-BFGS"):
        LBFGS(**options)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_while_no_step_measures_curvature_the_next_one_is_twice_as_long(scale):
    """On a hilltop the first pairs are none, whatever the unit of the loss."""

    def hill(image):
        away = image.detach() - 0.5
        image.grad = -scale * (torch.pi * away).sin()
        return LossValues((scale * (torch.pi * away).cos()).sum(), {})

    start = torch.full((1, 3, 4, 4), 0.501)
    steps = run_steps(hill, LBFGS(initial_step=0.01, min_curvature=0.0, max_step=0.1), 60, start)
    moves = [(after.point - before.point).abs().mean().item() for before, after in pairwise(steps[:4])]
    assert moves == pytest.approx([0.01, 0.02, 0.04], rel=1e-3)
    assert steps[-1].losses.total < -0.999 * scale * start.numel()
