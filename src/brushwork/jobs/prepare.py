"""Everything that can go wrong before painting, found out before painting."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from brushwork.errors import InputError
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.wire import Wire
from brushwork.jobs.inputs import Inputs, read_inputs
from brushwork.jobs.job import Job
from brushwork.jobs.plan import require_memory
from brushwork.jobs.record import Record
from brushwork.jobs.shown import require_visible
from brushwork.perception import Encoder
from brushwork.picture import Picture, check_writable, keeps_alpha, most_bits
from brushwork.recipes import Level, Texture
from brushwork.recipes import plan as levels_of
from brushwork.recipes.seeing import encoder_for

_ROOM = 2**20
"""Bytes for what a picture's file holds beside its samples."""

_CHANNELS = 4
_BITS_OF_A_BYTE = 8


@dataclass(frozen=True)
class Desk:
    """All that lies ready for painting."""

    job: Job
    device: torch.device
    encoder: Encoder
    inputs: Inputs
    levels: tuple[Level, ...]
    record: Record
    bits: int
    """Bits a sample of the output."""
    notes: tuple[str, ...]


def prepare(
    job: Job, *, replacing: bool, memory: int | None, encoder: Encoder | None, wire: Wire | None = None
) -> Desk:
    """Read the pictures and the network, and check that the result can be computed and written.

    `replacing`: what lies at the output may be replaced. `wire`: to the other ranks that paint the same picture; the
    first one writes.

    Raises: InputError, WeightsError, OutOfMemory.
    """
    device = pick_device(job.device)
    inputs = read_inputs(job)
    levels = tuple(levels_of(job.options, inputs.content.size))
    bits = min(inputs.content.bits, most_bits(job.output))
    _require_apart(job)
    if wire is None or wire.rank == 0:
        _require_place(job, levels[-1], bits, replacing)
    eye = encoder or encoder_for(job.options, "cpu")
    require_visible(job.options, inputs.sizes, eye)
    record = Record.of(job, eye, device, 1 if wire is None else wire.count)
    _require_distinct(job, record)
    if wire is None:
        require_memory(job.options, inputs, eye, device, memory)
    notes = (*inputs.notes, *_forgone(job, inputs.content, bits))
    return Desk(job, device, eye.to(device), inputs, levels, record, bits, notes)


def _require_place(job: Job, finest: Level, bits: int, replacing: bool) -> None:
    needed = finest.size.area * _CHANNELS * bits // _BITS_OF_A_BYTE + _ROOM
    check_writable(job.output, overwrite=replacing, bytes_needed=needed, bits=bits, size=finest.size)


def _require_apart(job: Job) -> None:
    """The output must not be one of the inputs, even where it may be overwritten."""
    output = job.output.expanduser()
    for path in (job.content, *job.paintings, *((job.start,) if job.start else ())):
        if output.exists() and output.samefile(path.expanduser()):
            raise InputError(f"{job.output} is a picture to paint from: write to another file.")


def _require_distinct(job: Job, record: Record) -> None:
    for path, painting in zip(job.paintings, record.paintings, strict=True):
        if painting.sha256 == record.content.sha256:
            raise InputError(f"{path} is the photograph itself: give a painting to take the style from.")


def _forgone(job: Job, content: Picture, bits: int) -> tuple[str, ...]:
    """What the output cannot keep of the picture."""
    notes = []
    if content.alpha is not None and isinstance(job.options, Texture):
        notes.append(f"{content.name} is transparent in places; textures are not.")
    elif content.alpha is not None and not keeps_alpha(job.output):
        notes.append(f"{content.name} is transparent in places, and {job.output.suffix} cannot be: written over white.")
    if bits < content.bits:
        notes.append(f"{content.name} has {content.bits} bits a sample, and {job.output.suffix} keeps {bits}.")
    return tuple(notes)
