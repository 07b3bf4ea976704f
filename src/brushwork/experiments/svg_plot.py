"""Loss curves as small SVG charts on a logarithmic scale. Colors, dashes and fonts are the page's."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from brushwork.experiments.experiment import join_names

LossCurve: TypeAlias = Sequence[tuple[int, float]]

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 420, 240, 48, 24, 10
"""Size of a chart and its margins in pixels."""
MOST = 8
"""Maximum curves in one chart; the page has as many colors."""
FEW = 6
"""Maximum curves of different rows that share one chart."""


class LossChart(NamedTuple):
    """A chart and its legend: the first key has the first color."""

    title: str
    keys: Sequence[str]
    svg: str


def make_charts(rows: Mapping[str, Mapping[str, LossCurve]]) -> list[LossChart]:
    """Return one chart for few curves, otherwise one for each row; curves that cannot be drawn are left out."""
    shown = {
        row: dict(drawable for name, one in curves.items() for drawable in _drawable(name, one))
        for row, curves in rows.items()
    }
    if sum(map(len, shown.values())) <= FEW:
        shown = {"": {join_names(row, name): one for row, curves in shown.items() for name, one in curves.items()}}
    return [
        LossChart(row, [name for name, _ in some], draw_curves(dict(some)))
        for row, curves in shown.items()
        for begin in range(0, len(curves), MOST)
        for some in [list(curves.items())[begin : begin + MOST]]
    ]


def draw_curves(curves: Mapping[str, LossCurve]) -> str:
    """Return a chart of named curves over iterations; each has some points, with losses above 0."""
    frame = _Frame.around([point for curve in curves.values() for point in curve])
    said = html.escape(f"loss over iterations, to {frame.right}: {'; '.join(map(_said, curves.items()))}")
    lines = (" ".join("{:.1f},{:.1f}".format(*frame.place(*point)) for point in curve) for curve in curves.values())
    drawn = [
        f'<polyline class="c{index}" points="{line}"><title>{html.escape(name)}</title></polyline>'
        for index, (name, line) in enumerate(zip(curves, lines, strict=True))
    ]
    return "\n".join(
        [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">', *_axes(frame), *drawn, "</svg>"]
    )


def _said(named: tuple[str, LossCurve]) -> str:
    """Return a description of a curve for readers who cannot see it."""
    name, curve = named
    return f"{name} from {curve[0][1]:.3g} to {curve[-1][1]:.3g}"


@dataclass(frozen=True)
class _Frame:
    """The visible range: iterations up to `right`, powers of ten from `low` to `high`."""

    right: int
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[tuple[int, float]]) -> _Frame:
        low, high = (math.log10(end(loss for _, loss in points)) for end in (min, max))
        return cls(max(iterations for iterations, _ in points), low, max(high, low + 0.05))

    def place(self, iterations: float, loss: float) -> tuple[float, float]:
        """Return the pixels from the left and from the top."""
        fraction = (math.log10(loss) - self.low) / (self.high - self.low)
        return LEFT + (WIDTH - LEFT - 2) * iterations / self.right, HEIGHT - BELOW - (HEIGHT - BELOW - ABOVE) * fraction


def _axes(frame: _Frame) -> Iterator[str]:
    """Yield lines at round losses, and round iteration numbers below."""
    for loss in _round_losses(frame.low, frame.high):
        _, down = frame.place(0, loss)
        yield f'<line x1="{LEFT}" x2="{WIDTH}" y1="{down:.1f}" y2="{down:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{loss:.3g}</text>'
    step = _round_step(frame.right)
    for iterations in range(step, frame.right + 1, step):
        across, _ = frame.place(iterations, 10**frame.low)
        last = iterations + step > frame.right
        anchor = "end" if last else "middle"
        label = f"{iterations}{' iterations' * last}"
        yield f'<text x="{across:.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{label}</text>'


def _round_step(right: int) -> int:
    """Return 1, 2 or 5 times a power of ten, such that at most five steps reach the right end."""
    power: int = 10 ** max(0, math.floor(math.log10(right)) - 1)
    return next(step for step in (factor * power for factor in (1, 2, 5, 10, 20, 50, 100)) if right / step <= 5)


def _round_losses(low: float, high: float) -> list[float]:
    """Return the powers of ten between two exponents; if too few, also 2 and 5 times them, or else the ends."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    for digits in ((1,), (1, 2, 5)):
        found = [digit * 10.0**power for power in powers for digit in digits]
        inside = [loss for loss in found if low <= math.log10(loss) <= high]
        if len(inside) > 1:
            return inside
    return [10**low, 10**high]


def _drawable(name: str, curve: LossCurve) -> Iterator[tuple[str, LossCurve]]:
    """Yield the curve if it has a logarithm; an entirely negative one is negated, and its name says so."""
    over = all(loss < 0 for _, loss in curve)
    turned = [(iterations, -loss if over else loss) for iterations, loss in curve]
    points = [(iterations, loss) for iterations, loss in turned if loss > 0 and math.isfinite(loss)]
    if len(points) > 1:
        yield (f"{name}, × −1" if over else name), points
