"""The recipes paint what they painted when this was recorded (how to record anew: record.py)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from cases import SUMMARIES, cases, summary

TOLERANCE = 1e-3
"""Relative: other processors round and add in other orders."""

KNOWN = cases()


def recorded():
    return json.loads(SUMMARIES.read_text())


def test_every_case_is_recorded():
    assert recorded().keys() == KNOWN.keys()


@pytest.mark.parametrize("name", KNOWN)
def test_it_paints_what_was_recorded(name):
    found, expected = summary(KNOWN[name]), recorded()[name]
    assert found.keys() == expected.keys()
    largest = max(expected["terms"].values())
    assert found["losses"] == pytest.approx(expected["losses"], rel=TOLERANCE)
    assert found["terms"] == pytest.approx(expected["terms"], rel=TOLERANCE, abs=TOLERANCE * largest)
    assert found["grams"] == pytest.approx(expected["grams"], rel=TOLERANCE)
    assert found["pixels"] == pytest.approx(expected["pixels"], rel=TOLERANCE)
