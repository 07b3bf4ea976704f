"""Detect a distributed launch from the environment."""

from __future__ import annotations

import os


def is_distributed_launch() -> bool:
    """Return whether a launcher such as torchrun started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first_rank() -> bool:
    """Return whether this process is the one that reports: the only one, or the first of several."""
    return int(os.environ.get("RANK", "0")) == 0
