"""Process-wide settings of the command, made before torch is imported. The library does not touch them."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.resources import files

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
"""Constants of malloc.h."""

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
    if _has_kernels():
        _set_malloc({_MMAP_THRESHOLD: _LARGE})
    else:
        keep_memory()


def keep_memory() -> None:
    """Keep freed memory for the next iteration, as trainings need, because torch computes their networks.

    With the settings for the compiled engine, a training in bfloat16 took 1.6 times as long.
    """
    _set_malloc({_MMAP_MAX: 0, _TRIM_THRESHOLD: _NEVER})


def _set_malloc(settings: Mapping[int, int]) -> None:
    """Set how glibc allocates memory, unless the environment does; other C libraries are left as they are."""
    if sys.platform != "linux" or any(name.startswith("MALLOC_") for name in os.environ):
        return
    with suppress(OSError, AttributeError):  # not glibc
        libc = ctypes.CDLL(None)
        for name, value in settings.items():
            libc.mallopt(name, value)


def _has_kernels() -> bool:
    """Return whether the compiled engine was built, without importing torch."""
    folder = files("brushwork").joinpath("encoders", "native")
    return any(one.name.startswith("_kernels") for one in folder.iterdir())
