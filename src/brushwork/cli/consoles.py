"""Terminals, through rich."""

from __future__ import annotations

from typing import Any

from rich.console import Console


def make_console(**about: Any) -> Console:
    """A console that shows texts as they are: brackets in a name are no markup, `:cat:` is no cat."""
    return Console(highlight=False, markup=False, emoji=False, **about)
