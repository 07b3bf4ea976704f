"""Which pictures were meant, and where each result goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

from brushwork.cli.launched import is_first
from brushwork.cli.output import tell
from brushwork.errors import InputError
from brushwork.folders import expanded

LONGEST_NAME = 55
"""Characters of a name that is made here; with an ending and up to four bytes each, file systems still take it."""


def pictures(names: Sequence[str], *, quiet: bool = False) -> list[Path]:
    """The files that were named; a folder stands for the pictures in it, by name.

    A file that is named may have any ending; how many files of a folder are passed over is told, unless `quiet`.

    Raises: InputError: a folder without pictures.
    """
    return [file for name in names for file in _files(expanded(name), quiet)]


def holds_folder(names: Iterable[str]) -> bool:
    """Whether a folder is among the names."""
    return any(expanded(name).is_dir() for name in names)


def names_folder(output: str) -> bool:
    """Whether an output says by itself that it is a folder."""
    return output.endswith(("/", "\\"))


def outputs(given: str, names: Sequence[str], many: bool) -> list[Path]:
    """Where each result goes: the file that was given, or files of these names in the folder that was given.

    Raises: InputError: one file for many results.
    """
    folder = expanded(given) if given else Path()
    is_folder = not given or names_folder(given) or folder.is_dir()
    if not many and not is_folder:
        return [folder]
    if not is_folder and folder.suffix:
        raise InputError(
            f"{given} is one file, and there may be several pictures: give a folder, as -o {folder.stem}/."
        )
    return [folder / f"{name}.png" for name in _distinct(names)]


def require_free(files: Iterable[Path]) -> None:
    """Refuse to overwrite anything, before anything is painted.

    Raises: InputError.
    """
    taken = [str(file) for file in files if file.exists()]
    if taken:
        which = taken[0] if len(taken) == 1 else f"{taken[0]} and {len(taken) - 1} more"
        raise InputError(
            f"{which} exists already: choose another name with -o, go on with --resume, or overwrite with --force."
        )


def _files(path: Path, quiet: bool) -> list[Path]:
    if not path.is_dir():
        return [path]
    from brushwork.picture.readable import pictures_in  # brings torch, which --help does without

    found = pictures_in(path)
    if found.note and not quiet and is_first():
        tell(found.note)
    return found.pictures


def _distinct(names: Sequence[str]) -> list[str]:
    """a, b, a → a, b, a-2; none longer than a file system takes."""
    taken: dict[str, None] = {}
    for name in names:
        short = name[:LONGEST_NAME]
        variants = (short if number == 1 else f"{short}-{number}" for number in count(1))
        taken[next(variant for variant in variants if variant not in taken)] = None
    return list(taken)
