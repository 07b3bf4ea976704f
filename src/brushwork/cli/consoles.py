"""Consoles for terminals, by rich."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def make_console(**about: Any) -> Console:
    """Return a console that prints text as it is: brackets are not markup, `:cat:` is not an emoji."""
    return Console(highlight=False, markup=False, emoji=False, **about)
