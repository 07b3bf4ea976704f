"""Metrics: how close a result is to its content and style images, in networks that it was not optimized with."""

from __future__ import annotations

from brushwork.metrics.evaluator import EVALUATION_SIZE, Evaluator, MetricLayers, Metrics, evaluate
from brushwork.metrics.lpips import Lpips

__all__ = ["EVALUATION_SIZE", "Evaluator", "Lpips", "MetricLayers", "Metrics", "evaluate"]
