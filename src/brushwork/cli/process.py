"""Process-wide settings of the command, made before torch is imported. The library does not touch them."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from importlib.resources import files

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
"""Names of malloc.h."""

_LARGE = 2**20
"""Freed blocks of at least this many bytes are returned at once, where the compiled engine caches its features."""

_NEVER = 2**31 - 1

_SPIN = "1000"
"""Spins of a waiting thread before it sleeps: a few microseconds."""


def tune_process() -> None:
    """Keep memory between iterations, and let waiting threads yield to other programs.

    Otherwise the system allocates large tensors anew each time, page by page, which takes a tenth of an iteration;
    memory that is kept is reused. The compiled engine does that itself, and keeping more would only raise the peak.
    Threads that spin while they wait take the core from those they wait for, if another program uses one: iterations
    then took 2.2 times as long. Settings in the environment are left as they are.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPIN)
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    with suppress(OSError, AttributeError):  # not glibc
        libc = ctypes.CDLL(None)
        if _has_kernels():
            libc.mallopt(_MMAP_THRESHOLD, _LARGE)
        else:
            libc.mallopt(_MMAP_MAX, 0)
            libc.mallopt(_TRIM_THRESHOLD, _NEVER)


def _has_kernels() -> bool:
    """Return whether the compiled engine was built, without importing torch."""
    folder = files("brushwork").joinpath("encoders", "native")
    return any(one.name.startswith("_kernels") for one in folder.iterdir())
