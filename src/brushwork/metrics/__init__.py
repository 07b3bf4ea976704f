"""Metrics of how close a result is to its content and style images, in networks that it was not optimized with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.metrics.evaluator import Evaluator, MetricLayers, Metrics, evaluate
    from brushwork.metrics.lpips import Lpips
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

EVALUATION_SIZE = 512
"""Pixels of the long side: metrics at different sizes cannot be compared."""

__all__ = ["EVALUATION_SIZE", "Evaluator", "Lpips", "MetricLayers", "Metrics", "evaluate"]
