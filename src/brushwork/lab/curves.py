"""Loss curves as small drawings in SVG, on logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TypeAlias

Curve: TypeAlias = Sequence[tuple[int, float]]

WIDTH, HEIGHT, MARGIN = 760, 300, 56
COLORS = ("#1b6ca8", "#d1495b", "#2e8b57", "#edae49", "#6a4c93", "#00798c", "#8d6a9f", "#5f0f40", "#606c38", "#bc6c25")


def drawing(curves: Mapping[str, Curve]) -> str:
    """The curves over closures, one color each, with a legend; nothing where there is nothing to draw."""
    shown = {name: [(x, y) for x, y in curve if y > 0 and math.isfinite(y)] for name, curve in curves.items()}
    shown = {name: curve for name, curve in shown.items() if len(curve) > 1}
    if not shown:
        return ""
    points = [point for curve in shown.values() for point in curve]
    right = max(x for x, _ in points)
    low, high = (math.log10(end(y for _, y in points)) for end in (min, max))
    high = max(high, low + 0.1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = MARGIN + (WIDTH - 2 * MARGIN) * x / right
        return across, HEIGHT - MARGIN / 2 - (HEIGHT - MARGIN) * (math.log10(y) - low) / (high - low)

    tall = HEIGHT + 18 * len(shown)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {tall}" role="img" aria-label="loss over closures">',
        *_axes(place, right, low, high),
    ]
    for index, (name, curve) in enumerate(shown.items()):
        color = COLORS[index % len(COLORS)]
        line = " ".join(f"{across:.1f},{down:.1f}" for across, down in (place(x, y) for x, y in curve))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{MARGIN}" y="{HEIGHT + 14 + 18 * index}" fill="{color}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"])


def _axes(place: Callable[[float, float], tuple[float, float]], right: int, low: float, high: float) -> list[str]:
    """Lines at the powers of ten, and the closures at the ends."""
    lines = []
    for power in range(math.ceil(low), math.floor(high) + 1):
        _, down = place(0, 10.0**power)
        lines.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{down:.1f}" y2="{down:.1f}" stroke="#8884"/>')
        lines.append(f'<text x="4" y="{down + 4:.1f}">1e{power}</text>')
    lines.append(f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 8}" text-anchor="end">{right} closures</text>')
    return lines
