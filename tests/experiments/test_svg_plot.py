"""Loss curves as drawings."""

from __future__ import annotations

import math

from brushwork.experiments.svg_plot import MOST, make_charts

FALLING = [(1, 100.0), (10, 1.0)]


def test_curves_are_drawn_where_there_is_something_to_draw() -> None:
    assert make_charts({}) == []
    assert make_charts({"row": {"flat": [(1, 0.0)], "one point": [(1, 2.0)]}}) == []


def test_few_curves_share_a_drawing() -> None:
    (chart,) = make_charts({"a": {"x": FALLING}, "b": {"x": [(1, 50.0), (10, math.inf), (12, 2.0)]}})
    assert chart.title == "" and list(chart.keys) == ["a · x", "b · x"]
    assert chart.svg.count("<polyline") == 2 and "10 iterations" in chart.svg
    assert all(f">{power}<" in chart.svg for power in (1, 10, 100))


def test_many_curves_have_a_drawing_for_each_row_and_no_color_twice() -> None:
    found = make_charts({row: {str(column): FALLING for column in range(10)} for row in "ab"})
    assert [(chart.title, len(chart.keys)) for chart in found] == [("a", MOST), ("a", 2), ("b", MOST), ("b", 2)]
    assert all(chart.svg.count(f'class="c{MOST - 1}"') == (len(chart.keys) == MOST) for chart in found)


def test_curves_are_said_and_named() -> None:
    (chart,) = make_charts({"": {"a <b>": FALLING, "y": FALLING}})
    assert "a &lt;b&gt; from 100 to 1" in chart.svg and chart.svg.count("<title>") == 2 and "<b>" not in chart.svg


def test_what_grows_below_zero_is_turned_over() -> None:
    (chart,) = make_charts({"": {"x": [(1, -1.0), (10, -100.0)], "mixed": [(1, -1.0), (10, 1.0), (20, 2.0)]}})
    assert list(chart.keys) == ["x, × −1", "mixed"]


def test_evaluations_are_marked_at_round_numbers() -> None:
    for right in (1, 7, 10, 48, 200, 365, 1000):
        (chart,) = make_charts({"": {"x": [(0, 3.0), (right, 1.0)]}})
        assert 1 <= chart.svg.count('text-anchor="middle"') + 1 <= 5 and " iterations</text>" in chart.svg


def test_curves_that_hardly_fall_have_labels_too() -> None:
    (chart,) = make_charts({"": {"x": [(1, 3.1), (2, 3.05)]}})
    assert chart.svg.count("<line") == 2 and ">3.05<" in chart.svg


def test_curves_stay_inside_the_drawing() -> None:
    (chart,) = make_charts({"": {"x": [(1, 1e6), (300, 1e-3)]}})
    points = chart.svg.partition('points="')[2].partition('"')[0].split()
    across, down = zip(*(map(float, point.split(",")) for point in points), strict=True)
    assert 0 <= min(across) < max(across) <= 420 and 0 <= min(down) < max(down) <= 240
