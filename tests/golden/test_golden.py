"""The recipes paint what they painted when this was recorded (how to record anew: record.py)."""

from __future__ import annotations

import json

import pytest
import torch

from golden_cases import SUMMARIES, cases, painted, summary
from tolerances import DOUBLE, THROUGH_VGG

KNOWN = cases()


def recorded():
    return json.loads(SUMMARIES.read_text())


def test_every_case_is_recorded():
    assert recorded().keys() == KNOWN.keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_it_paints_what_was_recorded(name):
    """In float64, as it was recorded: no maximum and no sign is then up to rounding."""
    found, expected = summary(KNOWN[name]), recorded()[name]
    assert found.keys() == expected.keys()
    for what, numbers in expected.items():
        assert found[what] == pytest.approx(numbers, rel=DOUBLE), what


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_in_single_precision_it_begins_as_recorded(name):
    """Only its beginning: what rounding does to a first step grows in those that follow."""
    first, expected = next(painted(KNOWN[name], torch.float32)), recorded()[name]["losses"][0]
    assert first.step.losses.total.item() == pytest.approx(expected, rel=THROUGH_VGG)
