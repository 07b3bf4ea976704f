"""The regions of a job, read from their masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.jobs.job import BaseJob
from brushwork.picture import MAX_PIXELS, Size
from brushwork.picture.masks import read_mask, read_masks
from brushwork.recipes import StyleRegion
from brushwork.types import Mask

_OTHER_PROPORTIONS = 0.05
"""Share by which a mask's proportions may differ from its picture's: small masks are rounded to whole pixels."""


_EVERYTHING = torch.ones(1, 8, 8)
"""A mask of all of a painting; masks have any size."""


def read_regions(job: BaseJob, content: Size, styles: Sequence[Size]) -> tuple[StyleRegion, ...]:
    """The regions of a job, whose pictures have such sizes: pair k of masks is of painting k; or all of the only one.

    Raises: InputError: masks that cannot be used, do not fit their pictures, or another number than of paintings.
    """
    if not job.regions:
        return ()
    if not job.styles:
        raise InputError("regions are of paintings, and there is none: they belong to a transfer.")
    if len(styles) not in (1, len(job.regions)):
        raise InputError(
            f"{len(job.regions)} pairs of masks were given for {len(styles)} paintings: give one pair for each, in "
            "their order, or one painting for all."
        )
    return tuple(_regions(job, content, styles))


def _regions(job: BaseJob, content: Size, styles: Sequence[Size]) -> Iterator[StyleRegion]:
    limit = job.max_pixels or MAX_PIXELS
    for number, masks in enumerate(job.regions):
        whose = number if len(styles) > 1 else 0
        own, *other = (expand_user(mask) for mask in masks)
        if not other:
            region = StyleRegion(read_mask(own, max_pixels=limit), _EVERYTHING, whose)
            _require_alike(region.content, own, content)
            yield region
            continue
        pairs = read_masks(own, other[0], max_pixels=limit)
        _require_alike(pairs[0].content, own, content)
        _require_alike(pairs[0].style, other[0], styles[whose])
        yield from (StyleRegion(pair.content, pair.style, whose) for pair in pairs)


def _require_alike(mask: Mask, path: Path, image: Size) -> None:
    size = Size.of(mask)
    if abs(size.width * image.height / (size.height * image.width) - 1) > _OTHER_PROPORTIONS:
        raise InputError(
            f"the mask {path.name} has {size} pixels, and its picture {image}: give one of the same proportions."
        )
