"""Masks of half a picture."""

from __future__ import annotations

import torch


def left(height, width):
    mask = torch.zeros(1, height, width)
    mask[..., : width // 2] = 1
    return mask
