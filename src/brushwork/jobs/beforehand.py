"""What a person should know of the pictures before they are painted."""

from __future__ import annotations

from math import sqrt

from brushwork.fast.instant import AdaINOptions
from brushwork.jobs.inputs import JobInputs
from brushwork.jobs.job import BaseJob
from brushwork.picture import LoadedImage, Size, has_alpha
from brushwork.recipes import TextureOptions, TransferOptions
from brushwork.recipes.scales import scales_for, style_size

_ENLARGED = 2.0
"""A painting that is enlarged by more than this is told: up to here, the last size but one shows it sharp.

Differs: the program of Galerne et al., 2212.13459, never enlarges paintings; its strokes then shrink with the size.
"""


def note_enlarged(job: BaseJob, inputs: JobInputs, finest: Size) -> tuple[str, ...]:
    """The paintings that have not as many pixels as are asked of them."""
    if not isinstance(job.options, TransferOptions | AdaINOptions):
        return ()
    notes = []
    for number, style in enumerate(inputs.styles):
        if not isinstance(style, LoadedImage):
            continue
        scale = max(scales_for(job.options, number, len(inputs.styles)))
        size = style_size(job.options, finest, style.size, scale)
        times = sqrt(size.area / style.size.area)
        if times > _ENLARGED:
            notes.append(
                f"{style.name} has {style.size} pixels, and is looked at enlarged {times:.1f} times: its finest "
                f"strokes come out soft. Give a larger file, or take style-scale {scale / times:.2g} "
                "for smaller, sharp ones."
            )
    return tuple(notes)


def note_lost_features(job: BaseJob, content: LoadedImage, bits: int) -> tuple[str, ...]:
    """What the output cannot keep of the picture."""
    notes = []
    if content.alpha is not None and isinstance(job.options, TextureOptions):
        notes.append(f"{content.name} is transparent in places; textures are not.")
    elif content.alpha is not None and not has_alpha(job.output):
        notes.append(f"{content.name} is transparent in places, and {job.output.suffix} cannot be: written over white.")
    if bits < content.bits:
        notes.append(f"{content.name} has {content.bits} bits a sample, and {job.output.suffix} keeps {bits}.")
    return tuple(notes)
