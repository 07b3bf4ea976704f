"""Amounts of memory and of disk space, as texts."""

from __future__ import annotations

MEGABYTE, GIGABYTE = 1e6, 1e9
"""Bytes in each."""


def format_megabytes(amount: int | None) -> str:
    """Return a number of bytes in megabytes, as text; an empty text if it is None, unknown."""
    return "" if amount is None else f"{amount / MEGABYTE:.1f} MB"


def format_gigabytes(amount: int, digits: int = 2) -> str:
    """Return a number of bytes in gigabytes, as text."""
    return f"{amount / GIGABYTE:.{digits}f} GB"
