"""Amounts of memory and of disk space, as texts."""

from __future__ import annotations

MEGABYTE, GIGABYTE = 1e6, 1e9
"""Bytes."""


def format_megabytes(amount: int | None) -> str:
    """Return a number of bytes in megabytes; None, where it is unknown: an empty text."""
    return "" if amount is None else f"{amount / MEGABYTE:.1f} MB"


def format_gigabytes(amount: int, digits: int = 2) -> str:
    """Return a number of bytes in gigabytes."""
    return f"{amount / GIGABYTE:.{digits}f} GB"
