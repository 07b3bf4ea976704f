"""Process-wide settings of the command, made before torch is imported. The library does not touch them."""

from __future__ import annotations

import os
from importlib.resources import files

from brushwork.devices.malloc import keep_memory, return_large_blocks

_SPIN = "1000"
"""Spins of a waiting thread before it sleeps: a few microseconds."""


def tune_process() -> None:
    """Choose what freed memory is kept, and let waiting threads yield to other programs.

    Threads that spin while they wait take the core from those they wait for, if another program uses one: iterations
    then took 2.2 times as long. Settings in the environment are left as they are.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPIN)
    if _has_kernels():
        return_large_blocks()
    else:
        keep_memory()


def _has_kernels() -> bool:
    """Return whether the compiled engine was built, without importing torch."""
    folder = files("brushwork").joinpath("encoders", "native")
    return any(one.name.startswith("_kernels") for one in folder.iterdir())
