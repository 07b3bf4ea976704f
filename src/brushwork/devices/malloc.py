"""How the C library keeps freed memory, for whole processes.

The system clears new memory page by page, when it is first written. A feature map that is allocated anew for each layer
can take longer for that than for its values, while kept memory is reused. Commands and worker processes choose; the
library does not touch a caller's process.

| setting               | for                                   | freed blocks that are returned to the system at once |
|-----------------------|---------------------------------------|------------------------------------------------------|
| `return_large_blocks` | optimization by the compiled engine   | of 1 MB or more: the engine keeps its own features   |
| `keep_small_blocks`   | images by models, computed in strips  | of 32 MB or more, such as maps of a whole image      |
| `keep_memory`         | trainings; films by models            | none                                                 |
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
"""Constants of malloc.h."""

_LARGE = 2**20

_LARGEST = 2**25
"""The largest threshold that glibc accepts."""

_NEVER = 2**31 - 1


def return_large_blocks() -> None:
    """Return freed blocks of 1 MB or more at once. To keep them would only raise the peak of the compiled engine."""
    _set_malloc({_MMAP_THRESHOLD: _LARGE})


def keep_small_blocks() -> None:
    """Keep freed memory, but for blocks of 32 MB or more.

    An image of 512×512 by a model then takes 0.6 of the time that it takes with `return_large_blocks`. With
    `keep_memory`, it would be no faster, and the peak of one of 2048×1366 a quarter higher.
    """
    _set_malloc({_MMAP_THRESHOLD: _LARGEST, _TRIM_THRESHOLD: _NEVER})


def keep_memory() -> None:
    """Keep all freed memory for the next iteration or frame.

    With `return_large_blocks`, a training in bfloat16 took 1.6 times as long, and a frame of 854×480 by a model 1.8
    times.
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
