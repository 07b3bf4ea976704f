"""Messages for work that does not fit into memory: what it needs, what there is, what to do."""

from __future__ import annotations

from math import ceil

import torch

from brushwork.devices.memory import allocated_memory
from brushwork.units import GIGABYTE, format_gigabytes

_MARGIN = 1.02
"""Factor for a margin: another run of the same work holds a little more or less before it begins."""


def explain_shortage(
    what: str, need: int, budget: int, device: torch.device, memory: int | None, smaller: str | None
) -> str:
    """Return the message for work that needs more memory than there is.

    `need` and `budget`: bytes needed and available beyond what is allocated. `memory`: the limit that was requested, on
    the CPU for the whole process; None: the machine's. `smaller`: how to request a size that fits; None: none does.
    """
    if memory is None:
        remedy = smaller or "no size fits; close other programs, or use another device"
        needed, free = format_gigabytes(need), format_gigabytes(budget)
        return f"{what} need {needed} of memory on {device}, but only {free} is free: {remedy}."
    total = allocated_memory(device) + need
    remedy = f"raise it to at least {least_limit(total)}{f', or {smaller}' if smaller else ''}"
    needed, limit = format_gigabytes(total), format_gigabytes(memory)
    return f"{what} need {needed} of memory on {device}, and the limit is {limit}: {remedy}."


def least_limit(need: int) -> str:
    """Return the limit to request for work that needs `need` bytes in all: gigabytes to one place, rounded up."""
    return f"{ceil(_MARGIN * need / GIGABYTE * 10) / 10:g}GB"
