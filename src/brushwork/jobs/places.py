"""Whether a painting can be written where it is to go, and is none of the pictures that it is made of."""

from __future__ import annotations

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.jobs.job import BaseJob, OptimizationJob
from brushwork.jobs.record import Manifest
from brushwork.picture import Size, check_writable

_ROOM = 2**20
"""Bytes for what a picture's file holds beside its samples."""

_CHANNELS = 4
_BITS_OF_A_BYTE = 8


def require_writable(job: BaseJob, canvas: Size, bits: int, *, replacing: bool) -> None:
    """Refuse an output that cannot be written, or lies there already and may not be replaced.

    Raises: InputError.
    """
    needed = canvas.area * _CHANNELS * bits // _BITS_OF_A_BYTE + _ROOM
    check_writable(job.output, overwrite=replacing, bytes_needed=needed, bits=bits, size=canvas, pyramid=job.pyramid)


def require_output_not_input(job: BaseJob) -> None:
    """The output must not be one of the inputs, even where it may be overwritten.

    Raises: InputError.
    """
    output = expand_user(job.output)
    masks = (mask for pair in job.regions for mask in pair)
    init = (job.init,) if isinstance(job, OptimizationJob) and job.init else ()
    for path in (job.content, *job.styles, *masks, *init):
        if output.exists() and output.samefile(expand_user(path)):
            raise InputError(f"{job.output} is a picture to paint from: write to another file.")


def require_distinct_inputs(job: BaseJob, manifest: Manifest) -> None:
    """The photograph must not be among the paintings.

    Raises: InputError.
    """
    for path, style in zip(job.styles, manifest.styles, strict=True):
        if style.sha256 == manifest.content.sha256:
            raise InputError(f"{path} is the photograph itself: give a painting to take the style from.")
