"""The tables of bench/default.py: who wins, and at equal content."""

from __future__ import annotations

from pathlib import Path

import pytest

from brushwork.experiments import CellResult
from default_report import STYLE, Point, at_equal_content, by_pair, medians, style_at, table, wins

OTHERS = ("frechet_style", "lpips_alexnet", "lpips_vgg16", "ssim", "chroma_style")


def result(pair, program, content, style):
    figures = {"alexnet content": content, "alexnet frechet_style": 1.0} | dict.fromkeys(OTHERS, 0.5)
    return CellResult(pair, program, figures | {f"alexnet {name}": style for name in STYLE}, (), 1.0, Path())


ROWS = by_pair(
    [
        result("a", "default", 0.5, 0.1),
        result("a", "default ×4", 0.25, 0.4),
        result("a", "peer", 0.5, 0.2),  # lower style at the same content
        result("b", "default", 0.8, 0.1),
        result("b", "default ×4", 0.2, 1.6),
        result("b", "peer", 0.4, 0.2),  # at 0.4, halfway by logarithms, default's style is 0.4
        result("c", "default", 0.8, 0.3),
        result("c", "default ×4", 0.4, 0.4),
        result("c", "peer", 0.2, 0.2),  # nearer to both
    ]
)


def test_between_two_ratios_logarithms_are_interpolated():
    curve = [Point(0.8, 0.1), Point(0.2, 1.6)]
    assert style_at(curve, 0.4) == pytest.approx(0.4)
    assert style_at(curve, 0.2) == 1.6
    assert style_at(curve, 2.0) == 0.1
    assert style_at(curve, 0.1) is None


def test_a_ratio_that_is_better_at_both_counts_for_those_above_it():
    assert style_at([Point(0.4, 0.1), Point(0.8, 0.3)], 0.8) == 0.1


def test_wins_need_both():
    found = wins(ROWS, "peer", "alexnet", "gram_style")
    assert (found["pairs"], found["both"], found["neither"]) == (3, 1, 1)
    assert (found["style"], found["content"]) == (2, 1)
    assert found["style ratio"] == pytest.approx(0.5)
    assert found["content ratio"] == pytest.approx(2)


def test_at_equal_content_the_ratio_is_free():
    found = at_equal_content(ROWS, "peer", "alexnet", "gram_style")
    assert (found["pairs"], found["won"], found["out of reach"]) == (3, 1, 1)
    assert found["style ratio"] == pytest.approx((0.5 + 2) / 2)


def test_one_ratio_is_no_curve():
    rows = by_pair([result("a", "default", 0.5, 0.1), result("a", "peer", 0.5, 0.2)])
    assert at_equal_content(rows, "peer", "alexnet", "gram_style")["pairs"] == 0


def test_a_pair_that_a_program_has_not_painted_does_not_count():
    rows = by_pair([result("a", "default", 0.5, 0.1), result("a", "peer", 0.5, 0.2), result("b", "default", 0.5, 0.1)])
    assert wins(rows, "peer", "alexnet", "gram_style")["pairs"] == 1


def test_tables_have_a_line_for_each():
    rows = table(ROWS, ["peer"], ["alexnet"]).splitlines()
    assert len(rows) == 2 + len(STYLE)
    assert rows[2].startswith("| peer | alexnet | Gram | 1/3 | 1/3 | 2/3 | 1/3 | 0.50 | 2.00 | 1/3 | 1 | 1.25 |")
    head, _, *lines = medians(ROWS, ["default", "peer"], ["alexnet"]).splitlines()
    assert "alexnet gram style" in head
    assert [line.split(" | ")[:2] for line in lines] == [["| default", "0.8"], ["| peer", "0.4"]]
