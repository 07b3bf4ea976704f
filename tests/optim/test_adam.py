from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.optim import Adam, PixelParametrization, minimize
from tolerances import DOUBLE


def run_steps(evaluate, optimizer, steps, start, canvas=None):
    return list(minimize(canvas or PixelParametrization(), evaluate, optimizer, steps, init=start))


@pytest.mark.slow
@pytest.mark.parametrize("unit", [1.0, 255.0])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.99), (0.0, 0.5)])
def test_iterates_are_those_of_torch(problems, start, unit, betas):
    ours = run_steps(
        problems.make_evaluate(problems.rosenbrock),
        Adam(0.02 * unit, betas=betas),
        50,
        start,
        PixelParametrization(unit),
    )
    point = (start * unit).clone().requires_grad_()
    optimizer = torch.optim.Adam([point], lr=0.02 * unit, betas=betas)
    for step in ours:
        torch.testing.assert_close(step.point, point.detach(), rtol=0, atol=DOUBLE * unit)
        optimizer.zero_grad()
        problems.rosenbrock(point / unit).backward()
        optimizer.step()


def test_what_is_shown_is_the_mean_of_the_iterates(problems, start):
    steps = run_steps(problems.make_evaluate(problems.rosenbrock), Adam(0.02, ema_decay=0.9), 30, start)
    for count in range(1, 31):
        weights = 0.9 ** torch.arange(count - 1, -1, -1, dtype=torch.float64)
        points = torch.stack([step.point for step in steps[:count]])
        mean = torch.tensordot(weights / weights.sum(), points, dims=1)
        torch.testing.assert_close(steps[count - 1].image, mean, rtol=0, atol=DOUBLE)
    assert not torch.equal(steps[-1].image, steps[-1].point)


def test_points_stay_in_the_box(problems, start):
    steps = run_steps(
        problems.make_evaluate(problems.rosenbrock), Adam(0.5), 30, start, PixelParametrization(255.0, (0.1, 0.7))
    )
    assert all(step.point.min() >= 0.1 * 255 and step.point.max() <= 0.7 * 255 for step in steps)


def test_moments_go_along_to_another_size_and_a_new_average_begins(problems, start):
    optimizer = Adam(0.02, ema_decay=0.9)
    run_steps(problems.make_evaluate(problems.rosenbrock), optimizer, 10, start)
    before = optimizer.state()
    optimizer.rescale(lambda v: torch.cat([v, -v], dim=-1), 0.25)
    after = optimizer.state()
    assert torch.equal(after["adam.mean"][..., :7], before["adam.mean"] / 4)
    assert torch.equal(after["adam.square"][..., :7], before["adam.square"] / 16)
    assert (after["adam.square"][..., 7:] == 0).all()  # never negative
    assert after["adam.count"] == before["adam.count"] == 9
    assert "adam.average" not in after
    larger = torch.cat([start, start], dim=-1)
    steps = run_steps(problems.make_evaluate(lambda image: (image**2).sum()), optimizer, 3, larger)
    points = [step.point for step in steps]
    torch.testing.assert_close(steps[1].image, (0.9 * points[0] + points[1]) / 1.9, rtol=0, atol=DOUBLE)
    torch.testing.assert_close(
        steps[2].image, (0.81 * points[0] + 0.9 * points[1] + points[2]) / 2.71, rtol=0, atol=DOUBLE
    )


def test_before_the_first_step_there_is_nothing_to_rescale(problems, start):
    optimizer = Adam(0.02)
    optimizer.rescale(lambda v: v / 0, 0.25)
    assert len(run_steps(problems.make_evaluate(problems.rosenbrock), optimizer, 3, start)) == 3


def test_after_forgetting_it_starts_anew(problems, start):
    evaluate, optimizer = problems.make_evaluate(problems.rosenbrock), Adam(0.02, ema_decay=0.9)
    first = run_steps(evaluate, optimizer, 10, start)
    optimizer.reset()
    for one, other in zip(first, run_steps(evaluate, optimizer, 10, start), strict=True):
        assert torch.equal(one.point, other.point)
        assert torch.equal(one.image, other.image)


def test_careful_means_shorter_steps(problems, start):
    optimizer = Adam(0.02)
    assert optimizer.back_off() == "with a learning rate of 0.002"
    first, second = run_steps(problems.make_evaluate(problems.rosenbrock), optimizer, 2, start)
    assert (second.point - first.point).abs().max() == pytest.approx(0.002, rel=1e-3)


@pytest.mark.parametrize("options", [{"lr": 0.0}, {"lr": 1.0, "betas": (0.9, 1.0)}, {"lr": 1.0, "ema_decay": -0.1}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError, match="Adam"):
        Adam(**options)
