"""The memory and the disk space that a film takes while it is painted."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from brushwork.devices.memory import memory_budget
from brushwork.devices.shortage import explain_shortage
from brushwork.errors import InputError, OutOfMemoryError
from brushwork.images.geometry import Size
from brushwork.options import SMALLEST_SIDE
from brushwork.storage.folders import nearest_folder
from brushwork.units import format_gigabytes
from brushwork.video.analysis import FilmAnalysis
from brushwork.video.film_job import FilmJob
from brushwork.video.workspace import SEGMENT

_ONE_PASS, _OPTIMIZED = 1200, 6000
"""Bytes of a pixel that a frame's stylization takes."""
_NATIVE = 2000
"""The same of an optimization by the compiled engine; measured: 1700 at 852×480, and 760 to 890 in one pass."""
_ENCODED = 0.25
"""Bytes of a pixel in an encoded film, at the most."""


def require_memory(need: int, size: Size, device: torch.device, memory: int | None) -> None:
    """Refuse frames that do not fit.

    Raises: OutOfMemoryError: with the size that does.
    """
    budget = memory_budget(device, memory)
    if budget is not None and need > budget:
        fitting = int(min(size) * (budget / need) ** 0.5)
        fits = fitting >= SMALLEST_SIDE
        smaller = f"use --size {fitting} --measure short, or less" if fits else None
        raise OutOfMemoryError(
            explain_shortage(f"frames of {size} pixels", need, budget, device, memory, smaller),
            fitting if fits else None,
        )


def frame_memory(job: FilmJob, size: Size, engine: str) -> int:
    """Return the bytes that a frame takes, about, with an execution engine."""
    if not job.method.is_iterative:
        return _ONE_PASS * size.area
    return (_NATIVE if engine == "native" else _OPTIMIZED) * size.area


def disk_need(job: FilmJob, size: Size, analysis: FilmAnalysis, bits: int) -> int:
    """Return the bytes that a film takes on disk at most while it is painted: an open segment, and it twice encoded.

    Several passes keep two of them of a whole shot.
    """
    levels = size.area * 3 * (1 if bits == 8 else 4)
    longest = max(shot.end - shot.first for shot in analysis.shots)
    passes = 2 * longest * levels if job.method.is_iterative and job.optimized.passes > 1 else 0
    encoded = int(2 * _ENCODED * size.area * len(analysis.frames))
    return SEGMENT * (levels + size.area * 6) * max(1, len(job.masks)) + passes * max(1, len(job.masks)) + encoded


def require_disk(need: int, folder: Path) -> None:
    """Refuse a film that the disk of its working folder surely has no room for.

    Raises: InputError.
    """
    free = shutil.disk_usage(nearest_folder(folder)).free
    if need > free:
        raise InputError(
            f"the film takes up to {format_gigabytes(need, 1)} in {folder.parent}, and "
            f"{format_gigabytes(free, 1)} are free: make room, or write elsewhere with -o."
        )
