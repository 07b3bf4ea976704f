"""How the picture is improved: the loop, the optimizers, and the way from coarse to fine."""

from __future__ import annotations

from brushwork.optimize.adam import Adam
from brushwork.optimize.guard import Guard
from brushwork.optimize.lbfgs import LBFGS
from brushwork.optimize.minimize import Step, minimize
from brushwork.optimize.optimizer import Move, Optimizer
from brushwork.optimize.oracle import Canvas, Evaluation, Oracle
from brushwork.optimize.products import Products
from brushwork.optimize.pyramid import climb

__all__ = [
    "LBFGS",
    "Adam",
    "Canvas",
    "Evaluation",
    "Guard",
    "Move",
    "Optimizer",
    "Oracle",
    "Products",
    "Step",
    "climb",
    "minimize",
]
