"""Judging: how near a result is to its photograph and its painting, in networks that it was not painted with."""

from __future__ import annotations

from brushwork.judging.judgement import Metrics
from brushwork.judging.jury import EVALUATION_SIZE, Evaluator, evaluate
from brushwork.judging.lpips import Lpips
from brushwork.judging.viewpoint import MetricLayers

__all__ = ["EVALUATION_SIZE", "Evaluator", "Lpips", "MetricLayers", "Metrics", "evaluate"]
