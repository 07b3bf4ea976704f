"""Evaluation: the losses at a picture and their gradient, and what that takes."""

from __future__ import annotations

from brushwork.evaluate.tiled import tiled
from brushwork.evaluate.whole import whole

__all__ = ["tiled", "whole"]
