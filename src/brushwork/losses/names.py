"""Names of the style losses and what they compare, without torch: options check the names, and help pages list them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

REGISTERED: dict[str, Any] = {}
"""Style losses by name, of the modules imported so far; see `register_loss`."""


def style_loss_names() -> dict[str, str]:
    """Return what each style loss compares, by name; losses that need only saved statistics come first."""
    found = _collect()
    return {name: found[name][1] for name in sorted(found, key=lambda name: (found[name][0], name))}


def statistics_losses() -> list[str]:
    """Return the names of the style losses that need only saved statistics, not the style image."""
    return sorted(name for name, (needs_image, _) in _collect().items() if not needs_image)


def describe_style_losses() -> str:
    """Return a sentence for the help: the names of all style losses, each with what it compares."""
    return f"{', '.join(f'{name} ({text})' for name, text in style_loss_names().items())}."


@cache
def _read_source() -> dict[str, tuple[bool, str]]:
    """Return (needs_image, help) by name for the losses registered in this package, read from the source."""
    found = {}
    for file in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "StyleLossSpec":
                given = {one.arg: one.value.value for one in node.keywords if isinstance(one.value, ast.Constant)}
                found[str(given["name"])] = (bool(given.get("needs_image", True)), str(given["help"]))
    return found


def _collect() -> dict[str, tuple[bool, str]]:
    return _read_source() | {name: (loss.needs_image, loss.help) for name, loss in REGISTERED.items()}
