"""Masks as they are named on the command line: photo_mask.png:painting_mask.png."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brushwork.errors import InputError


def masks(given: Sequence[str], jobs: int) -> tuple[tuple[Path, Path], ...]:
    """The two files of every pair. A colon may be part of a name, where both files are there.

    Raises: InputError: no two files, or several pictures to paint, which one photograph's masks cannot fit.
    """
    if given and jobs > 1:
        raise InputError(f"--region is about one photograph and its paintings, and {jobs} pictures were asked for.")
    return tuple(_pair(one) for one in given)


def _pair(given: str) -> tuple[Path, Path]:
    parts = given.split(":")
    pairs = [(":".join(parts[:place]), ":".join(parts[place:])) for place in range(1, len(parts))]
    paths = [(Path(one).expanduser(), Path(other).expanduser()) for one, other in pairs if one and other]
    there = [pair for pair in paths if all(path.is_file() for path in pair)]
    if there:
        return there[0]
    if not paths:
        raise InputError(f"--region {given} is not two masks: give them as photo_mask.png:painting_mask.png.")
    missing = next(path for path in paths[0] if not path.is_file())
    raise InputError(f"the mask {missing} of --region {given} is missing: check the name and the folder.")
