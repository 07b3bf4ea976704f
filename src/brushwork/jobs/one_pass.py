"""Painting a job in one pass: checked beforehand, written whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

from brushwork.errors import InputError
from brushwork.evaluate.machine import select_device
from brushwork.evaluate.tiled import Tiling
from brushwork.fast.at_once import Stylizer, output_size, run_stylizer
from brushwork.folders import expand_user
from brushwork.jobs.beforehand import note_enlarged, note_lost_features
from brushwork.jobs.events import Advanced, Finished, JobEvent, Note, Started
from brushwork.jobs.inputs import read_inputs
from brushwork.jobs.inscription import embed_result
from brushwork.jobs.job import FeedForwardJob
from brushwork.jobs.one_pass_need import choose_tile_side
from brushwork.jobs.places import require_distinct_inputs, require_output_not_input, require_writable
from brushwork.jobs.record import Manifest
from brushwork.jobs.resume import read_finished, replay_finished
from brushwork.picture import Size, max_bits, resize, write_image
from brushwork.recipes import ScheduleLevel


def run_feedforward_job(
    job: FeedForwardJob, *, resume: bool = False, memory: int | None = None, stylizer: Stylizer | None = None
) -> Iterator[JobEvent]:
    """Paint a job in one pass: `Started`, then `Advanced` as it goes and `Note`s, and `Finished` at the end.

    Before painting it is checked that the output can be written, that the pictures can be read, and that the work fits
    into memory (`memory` bytes; None: what the machine has); where it does not fit at once, it is painted in tiles, to
    the same picture. With `resume`, a picture that is finished already stays as it is.

    Raises:
        InputError: pictures, options or an output that cannot be used.
        WeightsError: the network's weights are not there.
        OutOfMemoryError: the painting does not fit; carries the size that does.
    """
    began, device = monotonic(), select_device(job.device)
    inputs = read_inputs(job)
    canvas, bits = output_size(job.options, inputs.content.size), min(inputs.content.bits, max_bits(job.output))
    require_output_not_input(job)
    require_writable(job, canvas, bits, replacing=resume or job.overwrite)
    stylizer = stylizer or job.options.load_stylizer(device)
    manifest = Manifest.for_feedforward(job, stylizer, device)
    require_distinct_inputs(job, manifest)
    if resume and (before := _finished(job, manifest)):
        yield before
        return
    side = choose_tile_side(job, inputs.sizes, stylizer, device, memory)
    manifest = replace(manifest, tiling=None if side is None else Tiling(side))
    notes = (*inputs.notes, *note_enlarged(job, inputs, canvas), *note_lost_features(job, inputs.content, bits))
    yield from map(Note, notes)
    yield Started(device, (ScheduleLevel(canvas, 0),), 0)
    image = None
    for stroke in run_stylizer(job.options, inputs.to_device(device), stylizer, side):
        image = stroke.image
        yield Advanced(stroke.done)
    assert image is not None
    alpha = inputs.content.alpha
    write_image(
        image.cpu(),
        job.output,
        alpha=None if alpha is None else resize(alpha, Size.of(image), clamp=True),
        metadata=embed_result(manifest, None, finished=True),
        bits=bits,
        pyramid=job.pyramid,
        overwrite=resume or job.overwrite,
    )
    yield Finished(job.output, 0.0, {}, 0, monotonic() - began, notes)


def _finished(job: FeedForwardJob, manifest: Manifest) -> Finished | None:
    """The end of a job whose picture lies there already; None: it is to be painted."""
    try:
        found = read_finished(expand_user(job.output), manifest)
    except InputError:
        if job.overwrite:
            return None
        raise
    return replay_finished(job, found) if found else None
