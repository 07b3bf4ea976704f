"""The number of threads on the CPU."""

from __future__ import annotations

import torch

from brushwork.errors import InputError

_MOST_THREADS = 1024
"""Limit on threads: OpenMP ends the process if the system refuses a thread."""


def set_threads(threads: int | None) -> None:
    """Set the number of torch's threads.

    Raises: InputError: fewer than one, or more than a process may have.
    """
    if threads is None:
        return
    if not 1 <= threads <= _MOST_THREADS:
        raise InputError(f"threads is {threads}: it must be from 1 to {_MOST_THREADS}, ideally one per core.")
    torch.set_num_threads(threads)


def number_of_threads() -> int:
    """Return the number of threads that torch uses on the CPU."""
    return torch.get_num_threads()
