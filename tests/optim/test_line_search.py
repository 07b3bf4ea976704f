from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brushwork.optim.line_search import CURVATURE, DECREASE, LineSearchTrial, search_wolfe
from brushwork.optim.optimizer import StepResult

FUNCTIONS = {
    "parabola": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
    "far away": (lambda t: (t / 1e4 - 1) ** 2, lambda t: 2 * (t / 1e4 - 1) / 1e4),
    "close by": (lambda t: (t * 1e4 - 1) ** 2, lambda t: 2e4 * (t * 1e4 - 1)),
    "quartic": (lambda t: (t - 2) ** 4, lambda t: 4 * (t - 2) ** 3),
    "wavy": (lambda t: math.cos(5 * t) * 0.1 - t / (t * t + 2), lambda t: -math.sin(5 * t) * 0.5 - _fall(t)),
    "exponential": (lambda t: math.exp(min(t, 700)) - 4 * t, lambda t: math.exp(min(t, 700)) - 4),
}


def _fall(t):
    return (2 - t * t) / (t * t + 2) ** 2


def searching(function, slope, length, *, limit=20, longest=math.inf):
    """The trial found, the start, and the lengths that were tried."""
    tried = []

    def attempt(t):
        tried.append(t)
        return LineSearchTrial(t, function(t), slope(t), StepResult(None, None))

    start = LineSearchTrial(0.0, function(0.0), slope(0.0))
    return search_wolfe(attempt, start, length, limit, longest=longest, noise=0.0), start, tried


def satisfied(found, start):
    down = found.loss <= start.loss + DECREASE * found.length * start.slope
    return down and abs(found.slope) <= CURVATURE * abs(start.slope)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("length", [1e-6, 1e-2, 1.0, 50.0, 1e5])
def test_what_is_accepted_satisfies_both_conditions(name, length):
    found, start, tried = searching(*FUNCTIONS[name], length)
    assert satisfied(found, start)
    assert len(tried) <= 20


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.floats(-4, 3))
def test_it_succeeds_on_any_polynomial_that_rises_in_the_end(weights, magnitude):
    a, b, c, d = weights
    powers = (abs(a) + 0.1, b, c, -abs(d) - 0.1)  # t⁴, t³, t², t
    found, start, _ = searching(
        lambda t: sum(p * t**k for p, k in zip(powers, (4, 3, 2, 1), strict=True)),
        lambda t: sum(p * k * t ** (k - 1) for p, k in zip(powers, (4, 3, 2, 1), strict=True)),
        10.0**magnitude,
    )
    assert satisfied(found, start)


def test_a_region_without_numbers_is_avoided():
    function, slope = FUNCTIONS["parabola"]
    found, start, tried = searching(lambda t: function(t) if t < 2 else math.nan, slope, 1000.0)
    assert max(tried) == 1000
    assert satisfied(found, start)


def test_no_more_trials_than_allowed():
    function, slope = FUNCTIONS["far away"]
    found, start, tried = searching(function, slope, 1e-3, limit=3)
    assert len(tried) == 3
    assert not satisfied(found, start)
    assert found.loss < start.loss


def test_it_stays_where_no_trial_is_lower():
    found, start, tried = searching(lambda t: t, lambda t: -1.0, 1.0, limit=5)
    assert found is start
    assert len(tried) == 5


def test_if_no_trial_is_a_number_it_says_so():
    found, _, _ = searching(lambda t: math.nan if t else 1.0, lambda t: -1.0, 1.0)
    assert not found.is_finite
    assert found.result is not None


def test_a_limit_of_the_length_is_kept():
    function, slope = FUNCTIONS["parabola"]
    found, start, tried = searching(function, slope, 0.01, longest=0.04)
    assert max(tried) == found.length == 0.04
    assert found.loss < start.loss


def test_where_the_loss_is_rounded_away_the_slope_decides():
    function, slope = FUNCTIONS["parabola"]

    def attempt(t):
        return LineSearchTrial(
            t, 1e9 + function(t) + 1e-7, slope(t), StepResult(None, None)
        )  # the rounding of 1e9 in float64

    start = LineSearchTrial(0.0, 1e9 + 1, -2.0)
    hidden = start._replace(loss=1e9 + 1 - 1e-7)
    assert search_wolfe(attempt, hidden, 1e-9, 30, longest=math.inf, noise=1e-6).length == pytest.approx(1, abs=0.95)
    assert search_wolfe(attempt, hidden, 1e-9, 30, longest=math.inf, noise=0.0) is hidden
