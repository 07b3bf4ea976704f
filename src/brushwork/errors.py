"""What can go wrong, as one tree.

    BrushworkError
    ├── InputError      what a person gave cannot be used
    ├── WeightsError    a network's weights are missing, damaged or foreign
    ├── NotAdditiveError     a term that is no sum over positions was asked for tiles
    ├── Diverged        the optimization left the finite numbers; carries the best picture
    ├── OutOfMemoryError     the work does not fit; carries the size that does
    └── RankLostError        of several processes on one picture, another one ended
        └── OtherRankError  and that one says why

A message says what was given, what was expected, and what to do.

Beside the tree stands `StopSignalError`: a KeyboardInterrupt, for a signal asked for the end.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from brushwork.types import Image


class BrushworkError(Exception):
    """Everything that brushwork raises on purpose."""


class InputError(BrushworkError):
    """What a person gave cannot be used: a file, an option, a name."""


class WeightsError(BrushworkError):
    """A network's weights are missing, damaged, or belong to another network."""


class NotAdditiveError(BrushworkError):
    """A term that is not a sum over positions was asked to work on tiles."""


class DivergedError(BrushworkError):
    """The optimization left the finite numbers again and again.

    `image` is the best picture seen before that.
    """

    def __init__(self, message: str, image: Image) -> None:
        super().__init__(message)
        self.image = image


class OutOfMemoryError(BrushworkError):
    """The work does not fit into memory.

    `max_size` is the largest `size`, in pixels as the options measure it, that does (None: none, or unknown).
    """

    def __init__(self, message: str, fitting_size: int | None = None) -> None:
        super().__init__(message)
        self.max_size = fitting_size


class RankLostError(BrushworkError):
    """Of several processes that paint one picture, another one failed, was killed, or does not answer."""


class OtherRankError(RankLostError):
    """Another one failed, and told the others before it ended."""


class StopSignalError(KeyboardInterrupt):
    """A signal asked the process to end: SIGTERM or SIGHUP as well as SIGINT, which is Ctrl-C.

    `number` is that of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


def suggest_names(given: str, known: Iterable[str]) -> str:
    """A closing sentence for "unknown name" errors: the nearest names, or all of them."""
    names = list(known)
    near = get_close_matches(given, names, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(repr(name) for name in near)}?"
    return f"Known: {', '.join(names)}."
