"""The comparison as tables."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

MEGAPIXEL = 1e6
MEGABYTE = 1e6


def report(results: dict[str, Any]) -> str:
    """Markdown."""
    here = results["machine"]
    lines = [
        f"{here['device'] if here['device'] != 'cpu' else here['processor']}, {here['threads']} threads of "
        f"{here['cores']} cores, torch {here['torch']}, brushwork {_revisions(results)}.",
        *(f"{peer} is left out: {why}." for peer, why in results.get("left_out", {}).items()),
    ]
    measured = [one for one in results["pace"].values() if "median" in one]
    descents = [one for one in results["descent"].values() if "marks" in one]
    if measured:
        lines += ["", *_pace(measured), "", *_growth(measured)]
    if descents:
        lines += ["", *_descent(descents)]
    failures = [one for part in ("pace", "descent") for one in results[part].values() if "failed" in one]
    lines += [f"\n{one['peer']} at {one['size']}: {one['failed']}" for one in failures]
    return "\n".join(lines)


def _revisions(results: dict[str, Any]) -> str:
    """Of every measurement; they may have been made one after the other."""
    return ", ".join(dict.fromkeys(one["brushwork"] for part in ("pace", "descent") for one in results[part].values()))


def _pace(measured: list[dict[str, Any]]) -> Iterator[str]:
    yield "Seconds per closure (medians of steps taken in turns) and peak memory:"
    yield ""
    yield "| peer | picture | peer, s | brushwork, s | times as fast | peer, MB | brushwork, MB | share | same loss within |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in measured:
        times, memory, loss = one["median"], one["memory"], one["first_loss"]
        apart = abs(loss["ours"] / loss["peer"] - 1)
        yield (
            f"| {one['peer']} | {one['size']}² | {times['peer']:.3f} | {times['ours']:.3f} | {one['speedup']:.2f} "
            f"| {memory['peer'] / MEGABYTE:.0f} | {memory['ours'] / MEGABYTE:.0f} "
            f"| {memory['ours'] / memory['peer']:.2f} | {max(apart, 1e-7):.0e} |"
        )


def _growth(measured: list[dict[str, Any]]) -> Iterator[str]:
    yield "Growth with size, seconds per megapixel:"
    yield ""
    sizes = sorted({one["size"] for one in measured})
    yield "| against | engine | " + " | ".join(f"{size}²" for size in sizes) + " | time grows as pixels to the power |"
    yield "|---|---|" + "---|" * (len(sizes) + 1)
    for peer in dict.fromkeys(one["peer"] for one in measured):
        for engine in ("peer", "ours"):
            seconds = {one["size"]: one["median"][engine] for one in measured if one["peer"] == peer}
            cells = [f"{seconds[size] / size**2 * MEGAPIXEL:.2f}" if size in seconds else "" for size in sizes]
            name = peer if engine == "peer" else "brushwork"
            yield f"| {peer} | {name} | " + " | ".join(cells) + f" | {_exponent(seconds)} |"


def _exponent(seconds: dict[int, float]) -> str:
    small, large = min(seconds), max(seconds)
    return "" if small == large else f"{log(seconds[large] / seconds[small]) / log(large**2 / small**2):.2f}"


def _descent(descents: list[dict[str, Any]]) -> Iterator[str]:
    yield "The way to the loss that the peer has after so many closures, from the same photograph:"
    yield ""
    yield (
        "| peer | picture | its closures | its loss | its time, s | brushwork's time, s | share "
        "| brushwork's closures | as full-size ones | peak memory, MB |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for one in descents:
        memory = " / ".join(f"{one['memory'][who] / MEGABYTE:.0f}" for who in ("peer", "ours"))
        for mark in one["marks"]:
            reached = "not reached | | | "
            if mark["reached"]:
                reached = f"{mark['ours_seconds']:.1f} | {mark['share']:.2f} | {mark['ours_closures']} "
                reached += f"| {mark['ours_work']:.0f}"
            yield (
                f"| {one['peer']} | {one['size']}² | {mark['closures']} | {mark['loss']:.5g} "
                f"| {mark['peer_seconds']:.1f} | {reached} | {memory} |"
            )
    for one in descents:
        last = one["last_loss"]
        yield ""
        yield (
            f"Against {one['peer']}: schedule {one['schedule']}; its last loss is {last['ours']:.5g}, "
            f"and {last['judged_by_peer']:.5g} by {one['peer']}'s own code."
        )
