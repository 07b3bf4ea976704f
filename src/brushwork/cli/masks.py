"""Masks as the command line names them: photo.png:painting.png; photo.png or photo.png: for all of a painting."""

from __future__ import annotations

from collections.abc import Sequence

from brushwork.errors import InputError
from brushwork.folders import expand_user
from brushwork.jobs.job import Masks
from brushwork.pipes import is_there


def parse_regions(given: Sequence[str], jobs: int) -> tuple[Masks, ...]:
    """The files of every region. A colon may be part of a name, where the files are there.

    Raises: InputError: files that are not there, or several pictures to paint, which one photograph's masks cannot fit.
    """
    if given and jobs > 1:
        raise InputError(f"--region is about one photograph and its paintings, and {jobs} pictures were asked for.")
    return tuple(_masks(one) for one in given)


def _masks(given: str) -> Masks:
    parts = given.split(":")
    pairs = [(":".join(parts[:place]), ":".join(parts[place:])) for place in range(1, len(parts))]
    # Nothing after the colon: all of the painting.
    ways = [tuple(expand_user(name) for name in names if name) for names in ((given,), *pairs) if names[0]]
    there = [way for way in ways if all(map(is_there, way))]
    if there:
        return there[0]
    if not ways:
        raise InputError("--region without a name: give masks as photo_mask.png:painting_mask.png.")
    missing = next(path for path in ways[min(1, len(ways) - 1)] if not is_there(path))
    raise InputError(f"the mask {missing} of --region {given} is missing: check the name and the folder.")
