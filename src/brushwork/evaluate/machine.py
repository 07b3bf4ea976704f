"""The machine: its devices, and the memory that is left."""

from __future__ import annotations

import torch


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; `auto` takes the accelerator, or else the CPU.

    Raises: InputError: no such name, or no such device here.
    """
    raise NotImplementedError


def available_memory(device: torch.device) -> int | None:
    """Bytes that a painting may still take on a device; None: unknown."""
    raise NotImplementedError
