"""The memory and disk space that painting a film takes."""

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
"""Bytes per pixel for stylizing a frame."""
_NATIVE = 2000
"""Bytes per pixel for an optimization by the compiled engine; measured: 1700 at 852×480, and 760 to 890 in one pass."""
_ENCODED = 0.25
"""Maximum bytes per pixel of an encoded film."""


def require_memory(need: int, size: Size, device: torch.device, memory: int | None) -> None:
    """Raise if frames do not fit into memory.

    Raises: OutOfMemoryError, with the size that fits.
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
    """Return the approximate bytes that a frame takes with an execution engine."""
    if not job.method.is_iterative:
        return _ONE_PASS * size.area
    return (_NATIVE if engine == "native" else _OPTIMIZED) * size.area


def disk_need(job: FilmJob, size: Size, analysis: FilmAnalysis, bits: int) -> int:
    """Return the maximum bytes on disk while a film is painted: an open segment, and the encoded film twice.

    Several passes also store the frames of a whole shot twice.
    """
    levels = size.area * 3 * (1 if bits == 8 else 4)
    longest = max(shot.end - shot.first for shot in analysis.shots)
    passes = 2 * longest * levels if job.method.is_iterative and job.optimized.passes > 1 else 0
    encoded = int(2 * _ENCODED * size.area * len(analysis.frames))
    return SEGMENT * (levels + size.area * 6) * max(1, len(job.masks)) + passes * max(1, len(job.masks)) + encoded


def require_disk(need: int, folder: Path) -> None:
    """Raise if the disk of a film's working folder surely has no room for it.

    Raises: InputError.
    """
    free = shutil.disk_usage(nearest_folder(folder)).free
    if need > free:
        raise InputError(
            f"the film takes up to {format_gigabytes(need, 1)} in {folder.parent}, and "
            f"{format_gigabytes(free, 1)} are free: make room, or write elsewhere with -o."
        )
