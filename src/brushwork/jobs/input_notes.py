"""Notes about the inputs of a job, and about what its output cannot preserve."""

from __future__ import annotations

from math import sqrt
from typing import cast

from brushwork.controls import StyleFile
from brushwork.controls.style_scale import ScaleOptions, style_pixels, style_size
from brushwork.images import LoadedImage, Size, has_alpha
from brushwork.jobs.image_sizes import largest_style_size
from brushwork.jobs.inputs import JobInputs
from brushwork.jobs.job import Job

_DISTANT = 1.5
"""A style file whose nearest size is off by more than this factor gets a note; an image's own sizes differ by 2."""

_ENLARGED = 2.0
"""A style image enlarged by more than this factor gets a note; up to it, the last level but one shows it sharp.

Differs: the program of Galerne et al., 2212.13459, never enlarges style images; its strokes then shrink with the size.
"""


def list_notes(job: Job, inputs: JobInputs, bits: int) -> tuple[str, ...]:
    """Return the notes about the inputs, and about what the output cannot preserve."""
    finest = inputs.levels[-1].size
    return (*inputs.notes, *note_style_sizes(job, inputs, finest), *note_lost_features(job, inputs.content, bits))


def note_style_sizes(job: Job, inputs: JobInputs, finest: Size) -> tuple[str, ...]:
    """Return notes about style images enlarged a lot, or less than requested, and about style files of other sizes."""
    notes, options = list[str](), cast(ScaleOptions, job.options)  # methods that take style images have these
    for number, style in enumerate(inputs.styles):
        scale, size = largest_style_size(job.options, finest, style.size, number, len(inputs.styles))
        if isinstance(style, StyleFile):
            notes.append(_note_distant(style, style_pixels(options, finest, scale)))
            continue
        scaled = style_size(options, finest, style.size, scale) if job.options.limits_style_sizes else size
        times = sqrt(size.area / style.size.area)
        notes.append(_note_enlarged(style, times, scale) or _note_limited(style, size, scaled))
    return tuple(filter(None, notes))


def _note_enlarged(style: LoadedImage, times: float, scale: float) -> str:
    """Return the note for a style image that is enlarged by more than `_ENLARGED`; empty if it is not."""
    if times <= _ENLARGED:
        return ""
    return (
        f"{style.name} has {style.size} pixels, and is enlarged {times:.1f} times for encoding: its finest strokes "
        f"will be soft. Give a larger file, or use --style-scale {scale / times:.2g} for smaller, sharper strokes."
    )


def _note_limited(style: LoadedImage, encoded: Size, scaled: Size) -> str:
    """Return the note for a style image that is enlarged, but much less than proportionally; empty if it is not."""
    smaller = sqrt(scaled.area / encoded.area)
    if encoded.area <= style.size.area or smaller <= _ENLARGED:
        return ""
    return (
        f"{style.name} has {style.size} pixels, and {scaled} would be in proportion: the finest strokes are sharp, but "
        f"{smaller:.1f} times smaller than in proportion. For strokes in proportion, and soft: --style-fit scaled."
    )


def _note_distant(style: StyleFile, needed: int) -> str:
    """Return the note for a style file whose nearest size is off by more than `_DISTANT` times; empty if it is not.

    Sizes are in pixels, as the options measure them.
    """
    times = needed / style.nearest_size(needed)
    if max(times, 1 / times) <= _DISTANT:
        return ""
    strokes = f"{times:.1f} times too small" if times > 1 else f"{1 / times:.1f} times too large"
    return (
        f"the style file of {style.source} was extracted at {', '.join(map(str, sorted(style.styles)))} pixels, and is "
        f"needed at {needed}: its strokes will be {strokes}. Extract it again with --size {needed}."
    )


def note_lost_features(job: Job, content: LoadedImage, bits: int) -> tuple[str, ...]:
    """Return notes about what the output format cannot keep: transparency, bits per sample."""
    notes = []
    if content.alpha is not None and job.options.is_opaque:
        notes.append(f"{content.name} is transparent in places; textures are not.")
    elif content.alpha is not None and not has_alpha(job.output):
        notes.append(f"{content.name} is transparent in places, and {job.output.suffix} cannot be: written over white.")
    if bits < content.bits:
        notes.append(f"{content.name} has {content.bits} bits a sample, and {job.output.suffix} keeps {bits}.")
    return tuple(notes)
