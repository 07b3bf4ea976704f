"""Learning rates, and options that are refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from brushwork.errors import InputError
from brushwork.training.options import TrainingOptions, learning_rate_factor


@dataclass(frozen=True, kw_only=True)
class MinimalOptions(TrainingOptions):
    """Options of a training."""


def test_a_constant_rate_stays() -> None:
    assert {learning_rate_factor(MinimalOptions(schedule="constant"), step) for step in (0, 3999, 9000)} == {1.0}


def test_a_cosine_goes_from_one_to_nothing() -> None:
    options = MinimalOptions(schedule="cosine", iterations=100)
    rates = [learning_rate_factor(options, step) for step in range(101)]
    assert rates[0] == 1
    assert rates[50] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0, abs=1e-12)
    assert rates == sorted(rates, reverse=True)


def test_steps_come_every_so_often_after_a_while() -> None:
    options = MinimalOptions(schedule="steps", decay=0.5, decay_every=10, decay_after=100)
    assert [learning_rate_factor(options, step) for step in (0, 109, 110, 119, 120, 135)] == [
        1,
        1,
        0.5,
        0.5,
        0.25,
        0.125,
    ]


def test_the_rate_grows_at_first() -> None:
    options = MinimalOptions(schedule="constant", warmup=4)
    assert [learning_rate_factor(options, step) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"iterations": 0},
        {"batch": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("inf")},
        {"decay": 1.5},
        {"decay_every": 0},
        {"decay_after": -1},
        {"warmup": -1},
        {"val_images": -1},
        {"validate_every": 0},
        {"seed": -1},
    ],
)
def test_what_cannot_be_is_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(InputError, match=f"^{name.replace('_', '-')} is "):
        replace(MinimalOptions(), **wrong)
