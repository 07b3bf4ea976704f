"""Exceptions that brushwork raises on purpose, as one tree.

    BrushworkError
    ├── InputError            a file, option or name given by the user cannot be used
    │   └── OtherJobError     the output or the checkpoint is of another job; carries the differences
    ├── WeightsError          a network's weights are missing, damaged or of another network
    ├── NotAdditiveError      a loss that is not a sum over positions cannot be computed in tiles
    ├── DivergedError         the optimization reached non-finite values; carries the best image
    ├── OutOfMemoryError      the work does not fit into memory; carries the size that does
    └── RankLostError         another process working on the same image ended
        └── OtherRankError    that process reported why it failed

A message says what was given, what was expected, and what to do.

`StopSignalError` is outside the tree: a KeyboardInterrupt that is raised when a signal asks the process to end.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from brushwork.types import Image


class BrushworkError(Exception):
    """Base class of all errors that brushwork raises on purpose."""


class InputError(BrushworkError):
    """A file, an option or a name given by the user cannot be used."""


class OtherJobError(InputError):
    """The output or the checkpoint that a run would go on from is of another job."""

    def __init__(self, message: str, differences: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.differences = tuple(differences)
        """What differs, each in words that begin with the name of an option."""


class WeightsError(BrushworkError):
    """A network's weights are missing, damaged, or belong to another network."""


class NotAdditiveError(BrushworkError):
    """A loss that is not a sum over positions was requested in tiles."""


class DivergedError(BrushworkError):
    """The optimization reached non-finite values repeatedly.

    `image` is the best image seen before that.
    """

    def __init__(self, message: str, image: Image) -> None:
        super().__init__(message)
        self.image = image

    def __reduce__(self) -> tuple[type[Self], tuple[str, Image]]:
        """Return the constructor and arguments of the same error in another process, with the image on the CPU."""
        return type(self), (str(self), self.image.detach().cpu())


class OutOfMemoryError(BrushworkError):
    """The work does not fit into memory.

    `max_size` is the largest `size` that fits, in pixels as the options measure it (None: no size fits, or unknown).
    """

    def __init__(self, message: str, fitting_size: int | None = None) -> None:
        super().__init__(message)
        self.max_size = fitting_size


class RankLostError(BrushworkError):
    """Another process working on the same image failed, was killed, or does not answer."""


class OtherRankError(RankLostError):
    """Another process failed, and reported it to the others before it ended."""


class StopSignalError(KeyboardInterrupt):
    """A signal asked the process to end: SIGINT (Ctrl-C), SIGTERM or SIGHUP.

    `number` is the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"signal {self.number}"


def require_type(what: str, given: object, kinds: type | tuple[type, ...], expected: str) -> None:
    """Check that a value is of one of the types; `what` names it, and `expected` says what to give.

    Raises: InputError.
    """
    if not isinstance(given, kinds):
        raise InputError(f"{what} is given as {type(given).__name__}: give {expected}.")


def require_extra(what: str, extra: str, *modules: str) -> None:
    """Check that the modules of an extra of brushwork are installed; `what` needs them.

    Raises: InputError.
    """
    if missing := [module for module in modules if find_spec(module) is None]:
        names = ", ".join(missing)
        raise InputError(f"{what} needs packages that are not installed ({names}): pip install 'brushwork[{extra}]'.")


def import_extra(what: str, extra: str, module: str) -> Any:
    """Return a module of an extra of brushwork; `what` needs it.

    Raises: InputError: it is not installed, or cannot be imported, for example because a system library is missing.
    """
    require_extra(what, extra, module)
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"{module} is installed but cannot be imported ({error}): reinstall it with pip install "
            f"'brushwork[{extra}]'."
        ) from error


def suggest_names(given: object, known: Iterable[str]) -> str:
    """Return a closing sentence for "unknown name" errors: the nearest names, or all of them."""
    names = list(dict.fromkeys(known))
    near = get_close_matches(str(given), names, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(repr(name) for name in near)}?"
    return f"Known: {', '.join(names)}."
