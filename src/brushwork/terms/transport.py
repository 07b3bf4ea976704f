"""Optimal transport on a line: how far apart two sets of numbers are when both are sorted."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def transport_distance(own: Float[Tensor, "_ d n"], other: Float[Tensor, "_ d m"]) -> Float[Tensor, "_ d"]:
    """∫₀¹ (Q(t) − Q*(t))² dt of the quantile functions: the squared 2-Wasserstein distance of two sets of numbers.

    `other` is sorted, `own` in any order. Sets of different sizes are compared exactly: as if each number were
    repeated until both have n·m of them. The gradient takes the order as given.

    Source: Heitz et al., 2006.07229, eq. 3 and 4.
    """
    ascending = own.sort(dim=-1).values
    if own.shape[-1] == other.shape[-1]:
        return (ascending - other).square().mean(-1)
    first, second, shares = _steps(own.shape[-1], other.shape[-1])
    steps = ascending[..., first.to(own.device)] - other[..., second.to(own.device)]
    return (steps.square() * shares.to(own)).sum(-1)


def _steps(n: int, m: int) -> tuple[Int[Tensor, "k"], Int[Tensor, "k"], Float[Tensor, "k"]]:
    """Where two step functions with n and m equal steps are constant: the steps' numbers in each, and the lengths."""
    ends = torch.unique(torch.cat([torch.arange(1, n + 1) * m, torch.arange(1, m + 1) * n]))
    lengths = torch.diff(ends, prepend=ends.new_zeros(1))
    return (ends - 1) // m, (ends - 1) // n, lengths.double() / (n * m)
