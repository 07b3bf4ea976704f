"""Detect a distributed launch from the environment."""

from __future__ import annotations

import os


def is_distributed_launch() -> bool:
    """Return whether a launcher such as torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def count_local_ranks(default: int = 1) -> int:
    """Return the number of processes that the launcher started on this machine; `default` if it does not say."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", str(default)))


def is_first_rank() -> bool:
    """Return whether this process is the one that reports: the only one, or the first of several."""
    return int(os.environ.get("RANK", "0")) == 0
