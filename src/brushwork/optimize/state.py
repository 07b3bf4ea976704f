"""Reading and writing an optimizer's state, a flat dictionary of tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.types import State


def to_tensor(value: float | int) -> Tensor:
    """A number as safetensors keep it, without loss."""
    return torch.tensor(value, dtype=torch.float64)


def get_entry(state: State, name: str) -> Tensor:
    """An entry of a saved state.

    Copied: sums over memory that is aligned otherwise, as in a mapped file, may round otherwise.

    Raises: InputError: there is no such entry.
    """
    if name not in state:
        raise InputError(f"the saved state has no {name!r}, it is another optimizer's: resume with the same options.")
    return state[name].detach().clone(memory_format=torch.contiguous_format)
