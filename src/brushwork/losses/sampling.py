"""Random positions, and seeds for what is drawn anew at each step."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def step_seed(seed: int, step: int) -> int:
    """Combine two numbers into one seed; neighboring inputs give distant seeds."""
    return (seed * 0x9E3779B97F4A7C15 + step * 0xBF58476D1CE4E5B9 + 1) % 2**63  # splitmix64's constants


def draw_columns(columns: Float[Tensor, "*b c n"], count: int, seed: int) -> Float[Tensor, "*b c m"]:
    """Return `count` of the columns, drawn at random on the CPU, or all of them if there are no more."""
    if columns.shape[-1] <= count:
        return columns
    drawn = torch.randperm(columns.shape[-1], generator=torch.Generator().manual_seed(seed))[:count]
    return columns.index_select(-1, drawn.to(columns.device))
