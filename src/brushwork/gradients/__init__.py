"""Loss and gradient at an image: all at once, in tiles, in rows, or over several processes."""

from __future__ import annotations

from brushwork.gradients.tiled import evaluate_tiled
from brushwork.gradients.whole import evaluate_whole

__all__ = ["evaluate_tiled", "evaluate_whole"]
