"""How the picture is improved: the loop, the optimizers, and the way from coarse to fine."""

from __future__ import annotations

from brushwork.optimize.adam import Adam
from brushwork.optimize.guard import DivergenceGuard
from brushwork.optimize.lbfgs import LBFGS
from brushwork.optimize.minimize import OptimizationStep, minimize
from brushwork.optimize.optimizer import Optimizer, StepResult
from brushwork.optimize.oracle import Closure, Evaluation, Parametrization
from brushwork.optimize.products import Reductions
from brushwork.optimize.pyramid import move_to_next_level

__all__ = [
    "LBFGS",
    "Adam",
    "Closure",
    "DivergenceGuard",
    "Evaluation",
    "OptimizationStep",
    "Optimizer",
    "Parametrization",
    "Reductions",
    "StepResult",
    "minimize",
    "move_to_next_level",
]
