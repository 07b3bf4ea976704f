"""The comparison as a picture: time and memory over size, loss over time."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any

from compare_descent import FINAL

COLORS = {"peer": "#b4593c", "ours": "#2f6690"}


def plot(results: dict[str, Any], file: Path) -> None:
    """Draw what was measured, a row for each peer; nothing where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        return
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    measured = [one for part in ("pace", "descent") for one in results[part].values() if "failed" not in one]
    peers = list(dict.fromkeys(one["peer"] for one in measured))
    if not peers:
        return
    figure, rows = pyplot.subplots(len(peers), 3, figsize=(13, 3.8 * len(peers)), squeeze=False)
    for peer, axes in zip(peers, rows, strict=True):
        paces = [one for one in results["pace"].values() if one["peer"] == peer and "median" in one]
        descents = [one for one in results["descent"].values() if one["peer"] == peer and "marks" in one]
        _over_size(axes[0], paces, "median", 1.0, f"seconds per closure, {peer}")
        _over_size(axes[1], paces, "memory", 1e-9, "peak memory, GB")
        _over_time(axes[2], descents)
    figure.tight_layout()
    figure.savefig(file, dpi=130)
    pyplot.close(figure)


def _over_size(axes: Any, paces: list[dict[str, Any]], what: str, unit: float, title: str) -> None:
    for engine, color in COLORS.items():
        points = sorted((one["size"], one[what][engine] * unit) for one in paces)
        if points:
            axes.plot(*zip(*points, strict=True), "o-", color=color, label=_name(engine))
    top = max((one[what][engine] * unit for one in paces for engine in COLORS), default=1.0)
    axes.set(title=title, xlabel="side of the picture, pixels", ylim=(0, 1.1 * top))
    axes.legend(frameon=False)


def _over_time(axes: Any, descents: list[dict[str, Any]]) -> None:
    for one in descents:
        for engine, color in COLORS.items():
            trace = one["traces"][engine]
            rows = zip(trace["seconds"], trace["losses"], trace["shares"], strict=True)
            points = [(at, loss) for at, loss, share in rows if share >= FINAL]
            if points:
                seconds, losses = zip(*points, strict=True)
                axes.plot(seconds, list(accumulate(losses, min)), color=color, label=f"{_name(engine)}, {one['size']}²")
        for mark in one["marks"]:
            axes.axhline(mark["loss"], color="#999999", linewidth=0.6)
    axes.set(title="lowest loss so far, at the final size", xlabel="seconds", yscale="log")
    if descents:
        axes.legend(frameon=False)


def _name(engine: str) -> str:
    return "brushwork" if engine == "ours" else "the peer"
