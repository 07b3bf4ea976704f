"""Painters: networks that paint in one pass."""

from __future__ import annotations

from brushwork.fast.at_once import FeedForwardOptions, PartialResult, Stylizer, run_stylizer
from brushwork.fast.instant import AdaINOptions, AdaINStylizer, transfer_adain

__all__ = [
    "AdaINOptions",
    "AdaINStylizer",
    "FeedForwardOptions",
    "PartialResult",
    "Stylizer",
    "run_stylizer",
    "transfer_adain",
]
