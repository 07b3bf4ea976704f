"""What a person should know of the pictures before they are painted."""

from __future__ import annotations

from math import sqrt

from brushwork.fast.instant import Instant
from brushwork.jobs.inputs import Inputs
from brushwork.jobs.job import Commission
from brushwork.picture import Picture, Size, keeps_alpha
from brushwork.recipes import Texture, Transfer
from brushwork.recipes.scales import scales_of, style_size

_ENLARGED = 2.0
"""A painting that is enlarged by more than this is told: up to here, the last size but one shows it sharp.

Differs: the program of Galerne et al., 2212.13459, never enlarges paintings; its strokes then shrink with the size.
"""


def enlarged(job: Commission, inputs: Inputs, finest: Size) -> tuple[str, ...]:
    """The paintings that have not as many pixels as are asked of them."""
    if not isinstance(job.options, Transfer | Instant):
        return ()
    notes = []
    for number, painting in enumerate(inputs.paintings):
        if not isinstance(painting, Picture):
            continue
        scale = max(scales_of(job.options, number, len(inputs.paintings)))
        size = style_size(job.options, finest, painting.size, scale)
        times = sqrt(size.area / painting.size.area)
        if times > _ENLARGED:
            notes.append(
                f"{painting.name} has {painting.size} pixels, and is looked at enlarged {times:.1f} times: its finest "
                f"strokes come out soft. Give a larger file, or take style-scale {scale / times:.2g} "
                "for smaller, sharp ones."
            )
    return tuple(notes)


def forgone(job: Commission, content: Picture, bits: int) -> tuple[str, ...]:
    """What the output cannot keep of the picture."""
    notes = []
    if content.alpha is not None and isinstance(job.options, Texture):
        notes.append(f"{content.name} is transparent in places; textures are not.")
    elif content.alpha is not None and not keeps_alpha(job.output):
        notes.append(f"{content.name} is transparent in places, and {job.output.suffix} cannot be: written over white.")
    if bits < content.bits:
        notes.append(f"{content.name} has {content.bits} bits a sample, and {job.output.suffix} keeps {bits}.")
    return tuple(notes)
