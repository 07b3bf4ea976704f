"""The tables of `default.py`: where `default` is nearer to the painting than a program, at no worse content."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from math import exp, log
from statistics import median
from typing import NamedTuple

from brushwork.experiments import CellResult

STYLE = {"gram_style": "Gram", "moments_style": "moments", "sliced_style": "sliced Wasserstein"}
"""Figures of style that are compared, and their names in the tables."""

LEAST_POINTS = 2
"""Of a curve."""

Rows = Mapping[str, Mapping[str, CellResult]]
"""Pair → program → result."""


class Point(NamedTuple):
    """Where a picture lies between photograph and painting."""

    content: float
    style: float


def by_pair(results: Sequence[CellResult]) -> Rows:
    """The results of each pair, by their programs."""
    rows: dict[str, dict[str, CellResult]] = {}
    for one in results:
        rows.setdefault(one.row, {})[one.column] = one
    return rows


def point(result: CellResult, network: str, style: str) -> Point:
    """Content and style distance in a network."""
    return Point(result.measures[f"{network} content"], result.measures[f"{network} {style}"])


def style_at(curve: Sequence[Point], content: float) -> float | None:
    """The style distance that a program reaches at no more than a content distance, by the points of its ratios.

    Between two neighbors logarithms are interpolated; beyond the last point, that one is as good as it gets. None: the
    program was at no ratio so near to the photograph.
    """
    ordered = sorted(curve)
    reached = [one.style for one in ordered if one.content <= content]
    if not reached:
        return None
    for left, right in itertools.pairwise(ordered):
        if left.content <= content < right.content:
            share = log(content / left.content) / log(right.content / left.content)
            reached.append(exp((1 - share) * log(left.style) + share * log(right.style)))
    return min(reached)


def wins(rows: Rows, program: str, network: str, style: str, ours: str = "default") -> dict[str, object]:
    """How often `ours` has the lower style distance, and how often at no worse content distance; medians of ratios."""
    pairs = [
        (point(row[ours], network, style), point(row[program], network, style))
        for row in rows.values()
        if {ours, program} <= row.keys()
    ]
    return {
        "pairs": len(pairs),
        "both": sum(mine.style < theirs.style and mine.content <= theirs.content for mine, theirs in pairs),
        "neither": sum(mine.style >= theirs.style and mine.content > theirs.content for mine, theirs in pairs),
        "style": sum(mine.style < theirs.style for mine, theirs in pairs),
        "content": sum(mine.content <= theirs.content for mine, theirs in pairs),
        "style ratio": _median([mine.style / theirs.style for mine, theirs in pairs]),
        "content ratio": _median([mine.content / theirs.content for mine, theirs in pairs]),
    }


def at_equal_content(rows: Rows, program: str, network: str, style: str, ours: str = "default") -> dict[str, object]:
    """The same with the ratio of `ours` chosen so that its content distance is the program's; of pairs with several."""
    ratios: list[float] = []
    missed = 0
    for row in rows.values():
        curve = [point(one, network, style) for name, one in row.items() if name.split(" ×")[0] == ours]
        if program not in row or len(curve) < LEAST_POINTS:
            continue
        theirs = point(row[program], network, style)
        mine = style_at(curve, theirs.content)
        if mine is None:
            missed += 1
        else:
            ratios.append(mine / theirs.style)
    found = {"pairs": len(ratios) + missed, "won": sum(ratio < 1 for ratio in ratios), "out of reach": missed}
    return found | {"style ratio": _median(ratios)}


def table(rows: Rows, programs: Sequence[str], networks: Sequence[str]) -> str:
    """Program by program: both comparisons."""
    head = ["program", "judge", "style", "both", "neither", "style lower", "content lower", "style ×", "content ×"]
    head += ["equal content: won", "out of reach", "style ×"]
    lines = [head, ["---"] * 3 + ["---:"] * 9]
    for program in programs:
        for network in networks:
            for figure, name in STYLE.items():
                found = wins(rows, program, network, figure)
                equal = at_equal_content(rows, program, network, figure)
                plain = [_of(found, one) for one in ("both", "neither", "style", "content")]
                ratios = [f"{found[one]:.2f}" for one in ("style ratio", "content ratio")]
                lines.append([program, network, name, *plain, *ratios, _of(equal, "won"), str(equal["out of reach"])])
                lines[-1].append(f"{equal['style ratio']:.2f}")
    return _markdown(lines)


def medians(rows: Rows, columns: Sequence[str], networks: Sequence[str]) -> str:
    """Of every figure that is compared, over the pairs."""
    figures = [f"{network} {name}" for network in networks for name in ("content", *STYLE, "frechet_style")]
    figures += ["lpips_alexnet", "lpips_vgg16", "ssim", "chroma_style"]
    lines = [["", *(one.replace("_", " ") for one in figures)], ["---", *["---:"] * len(figures)]]
    for column in columns:
        found = [row[column].measures for row in rows.values() if column in row]
        lines.append([column, *(f"{_median([one[name] for one in found]):.3g}" for name in figures)])
    return _markdown(lines)


def _of(found: Mapping[str, object], name: str) -> str:
    return f"{found[name]}/{found['pairs']}"


def _median(values: Sequence[float]) -> float:
    return median(values) if values else float("nan")


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
