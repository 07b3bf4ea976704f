"""Losses that all pull alike: each term's gradient at the features has a norm that is given beforehand."""

from __future__ import annotations

import torch

from brushwork.objective import Objective, WeightedLoss, total_loss
from brushwork.types import Features, LossValues, Scalar

_SMALLEST = 1e-30
"""A gradient of no length stays so."""


def normalize_gradients(objective: Objective, features: Features) -> LossValues:
    """An objective's losses, whose gradient into the features is that of no loss, but weight · g/‖g‖₁ for each term.

    Deep layers' Gram losses are smaller by orders of magnitude than shallow ones', and would not be learned.

    Source: 1603.03417, §3.2; the authors' `-normalize_gradients`.
    Differs: each picture of a batch has a norm of its own, so that one process learns what several do.
    """
    terms = {name: _pulled(name, weighted, features) for name, weighted in objective.losses.items()}
    return LossValues(total_loss(terms), terms)


def _pulled(name: str, weighted: WeightedLoss, features: Features) -> Scalar:
    """The value of the loss, with the gradient of something linear."""
    feature = features[weighted.loss.layer]
    seen = feature.detach().requires_grad_()
    value = Objective.single(name, weighted.loss)({weighted.loss.layer: seen}).total
    (gradient,) = torch.autograd.grad(value, seen)
    norms = gradient.abs().flatten(1).sum(1).clamp_min(_SMALLEST)
    direction = gradient * (weighted.weight / norms).view(-1, 1, 1, 1)
    pull = (direction * feature).sum()
    return weighted.weight * value.detach() + (pull - pull.detach())
