"""Whether this process is one of several."""

from __future__ import annotations

import os


def is_distributed_launch() -> bool:
    """Whether a launcher, as torchrun, started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def is_first_rank() -> bool:
    """Whether this process is the one that speaks: the only one, or the first of several."""
    return int(os.environ.get("RANK", "0")) == 0
