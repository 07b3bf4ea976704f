"""Optimizers by their names in the options."""

from __future__ import annotations

from functools import partial

from brushwork.errors import InputError
from brushwork.optim import LBFGS, Adam, DivergenceGuard, GradientDescent, Optimizer, Reductions
from brushwork.optim.reductions import WHOLE
from brushwork.options import OptimizerOptions

BETA1 = 0.9
"""Decay of Adam's running mean of gradients, as in its paper."""


def make_optimizer(options: OptimizerOptions, reductions: Reductions = WHOLE) -> Optimizer:
    """Return the optimizer that the options name, with a divergence guard.

    Raises: InputError: the preconditioner needs the full image, but several processes hold parts of it.
    """
    if options.preconditioner == "frequency" and reductions is not WHOLE:
        raise InputError(
            "preconditioner frequency needs the whole image, and each of several processes has only a part: use "
            "preconditioner none, or one process."
        )
    if options.optimizer == "sgd":
        return DivergenceGuard(GradientDescent(options.learning_rate, decay=options.learning_rate_decay))
    if options.optimizer == "adam":
        adam = Adam(lr=options.learning_rate, betas=(BETA1, options.beta2), ema_decay=options.ema_decay)
        return DivergenceGuard(adam)
    lbfgs = partial(
        LBFGS,
        history=options.history,
        lr=options.learning_rate,
        line_search=options.line_search,
        max_step=options.max_step * options.optimizer_scale or None,
        reductions=reductions,
        storage=options.history_storage,
        preconditioner=options.preconditioner == "frequency",
    )
    if options.initial_step == 0:
        return DivergenceGuard(lbfgs())
    return DivergenceGuard(lbfgs(initial_step=options.initial_step * options.optimizer_scale, min_curvature=0.0))
