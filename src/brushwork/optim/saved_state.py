"""Entries of an optimizer's saved state, checked as they are read."""

from __future__ import annotations

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.types import State


def to_tensor(value: float | int) -> Tensor:
    """Return a number as a tensor for safetensors, without loss of precision."""
    return torch.tensor(value, dtype=torch.float64)


def get_number(state: State, name: str) -> float:
    """Return a number from a saved state.

    Raises: InputError: the entry is missing, or is not a single number.
    """
    found = get_entry(state, name)
    if found.numel() != 1 or bool(found.isnan()):
        raise InputError(f"{name!r} of the saved state is not a number: it is damaged.")
    return float(found)


def get_count(state: State, name: str) -> int:
    """Return a non-negative integer from a saved state.

    Raises: InputError: the entry is missing, or is not a non-negative integer.
    """
    found = get_number(state, name)
    if not (found >= 0 and found.is_integer()):
        raise InputError(f"{name!r} of the saved state is {found}: it is damaged.")
    return int(found)


def get_entry(state: State, name: str) -> Tensor:
    """Return a copy of an entry of a saved state, on the device of the state's point.

    Without a copy, sums over memory of another alignment, as in a mapped file, might round differently. Numbers stay
    where they are, since not every device has float64.

    Raises: InputError: there is no such entry.
    """
    if name not in state:
        raise InputError(f"the saved state has no {name!r}, it is another optimizer's: resume with the same options.")
    entry = state[name].detach()
    device = state["point"].device if entry.ndim and "point" in state else entry.device
    return entry.to(device, copy=True, memory_format=torch.contiguous_format)
