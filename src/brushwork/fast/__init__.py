"""Painters: networks that paint in one pass."""

from __future__ import annotations

from brushwork.fast.at_once import AtOnce, Brush, Stroke, strokes
from brushwork.fast.instant import AdaINBrush, Instant, instant

__all__ = [
    "AdaINBrush",
    "AtOnce",
    "Brush",
    "Instant",
    "Stroke",
    "instant",
    "strokes",
]
