from __future__ import annotations

import pytest
import torch

from brushwork.errors import InputError
from brushwork.optim import GradientDescent, PixelParametrization, minimize
from tolerances import DOUBLE


def run_steps(function, problems, optimizer, steps, start, canvas=None):
    return list(
        minimize(canvas or PixelParametrization(), problems.make_evaluate(function), optimizer, steps, init=start)
    )


@pytest.mark.parametrize("unit", [1.0, 255.0])
def test_the_rate_decays_continuously_over_a_hundred_steps(problems, start, unit):
    """Keras' ExponentialDecay(100 steps, 0.96) on SGD: step k, from 0, has the rate lr · 0.96^(k/100)."""
    lr, point = 1e-4 * unit**2, start * unit
    for k, step in enumerate(
        run_steps(
            problems.rosenbrock, problems, GradientDescent(lr, decay=0.96), 130, start, PixelParametrization(unit)
        )
    ):
        torch.testing.assert_close(step.point, point, rtol=0, atol=DOUBLE * unit)
        leaf = point.clone().requires_grad_()
        problems.rosenbrock(leaf / unit).backward()
        point = point - lr * 0.96 ** (k / 100) * leaf.grad


def test_points_stay_in_the_box(problems, start):
    steps = run_steps(
        problems.rosenbrock, problems, GradientDescent(0.1), 10, start, PixelParametrization(1.0, (0.1, 0.7))
    )
    assert all(step.point.min() >= 0.1 and step.point.max() <= 0.7 for step in steps)


def test_it_goes_on_from_a_saved_state(problems, start):
    whole = run_steps(problems.rosenbrock, problems, GradientDescent(1e-3, decay=0.5), 20, start)
    first = GradientDescent(1e-3, decay=0.5)
    half = run_steps(problems.rosenbrock, problems, first, 10, start)[-1]
    second = GradientDescent(1.0, decay=0.5)
    second.load(first.state())
    rest = minimize(
        PixelParametrization(),
        problems.make_evaluate(problems.rosenbrock),
        second,
        20,
        point=half.point,
        evaluations=10,
    )
    assert torch.equal(list(rest)[-1].point, whole[-1].point)


def test_careful_means_shorter_steps():
    optimizer = GradientDescent(0.02)
    assert optimizer.back_off() == "with a learning rate of 0.002"


@pytest.mark.parametrize("options", [{"lr": 0.0}, {"lr": 1.0, "decay": 0.0}, {"lr": 1.0, "decay": 1.5}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError, match=r"gradient descent|decay"):
        GradientDescent(**options)
