"""Whether this process is one of several."""

from __future__ import annotations

import os


def is_launched() -> bool:
    """Whether a launcher, as torchrun, started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1
