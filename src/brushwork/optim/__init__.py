"""Optimizers, the optimization loop, and the parametrizations of an image."""

from __future__ import annotations

from brushwork.optim.adam import Adam
from brushwork.optim.closure import Closure, Evaluation
from brushwork.optim.divergence_guard import DivergenceGuard
from brushwork.optim.gradient_descent import GradientDescent
from brushwork.optim.lbfgs import LBFGS
from brushwork.optim.loop import OptimizationStep, minimize, move_to_next_level
from brushwork.optim.optimizer import Optimizer, StepResult
from brushwork.optim.parametrization import Parametrization, PixelParametrization, SphereParametrization
from brushwork.optim.reductions import Reductions

__all__ = [
    "LBFGS",
    "Adam",
    "Closure",
    "DivergenceGuard",
    "Evaluation",
    "GradientDescent",
    "OptimizationStep",
    "Optimizer",
    "Parametrization",
    "PixelParametrization",
    "Reductions",
    "SphereParametrization",
    "StepResult",
    "minimize",
    "move_to_next_level",
]
