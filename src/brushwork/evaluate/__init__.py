"""Evaluation: the losses at a picture and their gradient, and what that takes."""

from __future__ import annotations

from brushwork.evaluate.tiled import evaluate_tiled
from brushwork.evaluate.whole import evaluate_whole

__all__ = ["evaluate_tiled", "evaluate_whole"]
