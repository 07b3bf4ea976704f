"""Painting a job in one pass: checked beforehand, written whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from brushwork.errors import InputError
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.tiled import Tiling
from brushwork.fast.at_once import Brush, canvas_size, strokes
from brushwork.folders import expanded
from brushwork.jobs.beforehand import enlarged, forgone
from brushwork.jobs.events import Event, Finished, Note, Passed, Started
from brushwork.jobs.inputs import read_inputs
from brushwork.jobs.inscription import inscribe
from brushwork.jobs.job import OnePass
from brushwork.jobs.one_pass_need import choose_side
from brushwork.jobs.places import require_apart, require_distinct, require_place
from brushwork.jobs.record import Record
from brushwork.jobs.resume import finished_before, finished_picture
from brushwork.picture import Size, most_bits, resize, write_picture
from brushwork.recipes import Level


def paint_at_once(
    job: OnePass, *, resume: bool = False, memory: int | None = None, brush: Brush | None = None
) -> Iterator[Event]:
    """Paint a job in one pass: `Started`, then `Passed` as it goes and `Note`s, and `Finished` at the end.

    Before painting it is checked that the output can be written, that the pictures can be read, and that the work fits
    into memory (`memory` bytes; None: what the machine has); where it does not fit at once, it is painted in tiles, to
    the same picture. With `resume`, a picture that is finished already stays as it is.

    Raises:
        InputError: pictures, options or an output that cannot be used.
        WeightsError: the network's weights are not there.
        OutOfMemory: the painting does not fit; carries the size that does.
    """
    began, device = monotonic(), pick_device(job.device)
    inputs = read_inputs(job)
    canvas, bits = canvas_size(job.options, inputs.content.size), min(inputs.content.bits, most_bits(job.output))
    require_apart(job)
    require_place(job, canvas, bits, replacing=resume or job.overwrite)
    brush = brush or job.options.brush(device)
    record = Record.at_once(job, brush, device)
    require_distinct(job, record)
    if resume and (before := _finished(job, record)):
        yield before
        return
    side = choose_side(job, inputs.sizes, brush, device, memory)
    record = replace(record, tiling=None if side is None else Tiling(side))
    notes = (*inputs.notes, *enlarged(job, inputs, canvas), *forgone(job, inputs.content, bits))
    yield from map(Note, notes)
    yield Started(device, (Level(canvas, 0),), 0)
    picture = None
    for stroke in strokes(job.options, inputs.on(device), brush, side):
        picture = stroke.picture
        yield Passed(stroke.done)
    assert picture is not None
    alpha = inputs.content.alpha
    write_picture(
        picture.cpu(),
        job.output,
        alpha=None if alpha is None else resize(alpha, Size.of(picture), clamp=True),
        metadata=inscribe(record, None, finished=True),
        bits=bits,
        pyramid=job.pyramid,
        overwrite=resume or job.overwrite,
    )
    yield Finished(job.output, 0.0, {}, 0, monotonic() - began, notes)


def _finished(job: OnePass, record: Record) -> Finished | None:
    """The end of a job whose picture lies there already; None: it is to be painted."""
    try:
        found = finished_picture(expanded(job.output), record)
    except InputError:
        if job.overwrite:
            return None
        raise
    return finished_before(job, found) if found else None
