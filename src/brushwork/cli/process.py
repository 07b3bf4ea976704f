"""What the command sets for its whole process, before torch is imported. The library leaves such things alone."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from importlib.resources import files

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
"""Names of malloc.h."""

_LARGE = 2**20
"""Bytes from which on memory that is freed goes back at once, where the compiled engine keeps its maps by itself."""

_NEVER = 2**31 - 1

_SPIN = "1000"
"""Turns that a thread waits before it sleeps: some microseconds."""


def tune_process() -> None:
    """Keep memory between iterations, and let threads that wait make room for other programs.

    Large tensors come from the system anew each time, page by page, which takes a tenth of a iteration; memory that is
    kept is used again. The compiled engine sees to that itself, and what else is kept would only make the peak higher.
    Threads that wait for each other in a loop take the core from those that they wait for, where
    another program has one: iterations then took 2.2 times as long. What the environment says already is left as it is.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPIN)
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    with suppress(OSError, AttributeError):  # another C library than glibc
        libc = ctypes.CDLL(None)
        if _has_kernels():
            libc.mallopt(_MMAP_THRESHOLD, _LARGE)
        else:
            libc.mallopt(_MMAP_MAX, 0)
            libc.mallopt(_TRIM_THRESHOLD, _NEVER)


def _has_kernels() -> bool:
    """Whether the compiled engine was built, found out without torch."""
    folder = files("brushwork").joinpath("encoders", "native")
    return any(one.name.startswith("_kernels") for one in folder.iterdir())
