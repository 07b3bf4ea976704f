"""Paths given on the command line: images, folders, masks, and output files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from brushwork import jobs, video
from brushwork.cli.output import log
from brushwork.distributed.launch import is_first_rank
from brushwork.errors import InputError
from brushwork.storage.atomic import explain_write_errors, is_same_file
from brushwork.storage.file_names import CHECKPOINT_ENDING
from brushwork.storage.folders import expand_user
from brushwork.storage.pipes import is_there

LONGEST_NAME = 55
"""Most characters of a generated name; with an extension and up to four bytes each, it fits file systems."""


def list_images(names: Sequence[str], *, quiet: bool = False) -> list[Path]:
    """Return the named files; a folder stands for the images in it, sorted by name.

    A named file may have any extension. The number of skipped files in a folder is logged, unless `quiet`.

    Raises: InputError: a folder without images.
    """
    return [file for name in names for file in _files(expand_user(name), quiet)]


def has_folder(names: Iterable[str]) -> bool:
    """Return whether one of the names is a folder."""
    return any(expand_user(name).is_dir() for name in names)


def is_folder_name(output: str) -> bool:
    """Return whether an output name denotes a folder."""
    return output.endswith(("/", "\\"))


def shorten_path(path: Path) -> Path:
    """Return the shortest way to write a path: as given, in full, or from the current folder."""
    if ".." not in path.parts:
        return path
    whole = path.parent.resolve() / path.name  # not what a link leads to
    ways = [path, whole]
    with suppress(ValueError):  # another drive
        ways.append(Path(os.path.relpath(whole)))
    return min(ways, key=lambda one: len(str(one)))


def require_no_film(path: Path, advice: str) -> None:
    """Check that a file is not a film where a picture is expected.

    Raises: InputError: it is one; `advice` says what to do.
    """
    if video.is_film(expand_user(path)):
        raise InputError(f"{path} is a film, and no picture: {advice}")


def output_paths(given: str, names: Sequence[str], many: bool) -> list[Path]:
    """Return the output path of each result: the given file, or files of these names in the given folder.

    Raises: InputError: one file for many results.
    """
    folder = expand_user(given) if given else Path()
    is_folder = not given or is_folder_name(given) or folder.is_dir()
    if not many and not is_folder:
        return [folder]
    if not is_folder and folder.suffix:
        raise InputError(
            f"{given} is one file, but there may be several results: give a folder, like -o {folder.stem}/."
        )
    return [folder / f"{name}.png" for name in _distinct(names)]


def require_no_overwrite(files: Iterable[Path], flag: str = "-o") -> None:
    """Check before the first job that no file would be overwritten. `flag`: the one that names the files.

    Raises: InputError.
    """
    taken = [str(file) for file in files if _exists(file)]
    # A picture's own checkpoint needs no mention beside it.
    taken = [file for file in taken if file not in {f"{one}{CHECKPOINT_ENDING}" for one in taken}]
    if taken:
        others = len(taken) - 1
        which = f"{taken[0]} and {others} more already exist" if others else f"{taken[0]} already exists"
        raise InputError(
            f"{which}: choose another name with {flag}, continue with --resume, or overwrite with --force."
        )


def split_number(file: Path) -> tuple[Path, str]:
    """Return a numbered image's output and its digits: out.png and 0100 for out-0100.png; no digits: it is not one."""
    stem, _, digits = file.stem.rpartition("-")
    is_numbered = stem and digits.isascii() and digits.isdecimal()
    return (file.with_name(stem + file.suffix), digits) if is_numbered else (file, "")


def _exists(file: Path) -> bool:
    """Return whether there is a file of this name. Raises: InputError: there cannot be one, the name is too long."""
    with explain_write_errors(file):
        return file.exists()


def require_separate_file(file: Path, others: Iterable[Path]) -> None:
    """Check that a file to be written is not one of the others, which are read or written too.

    Raises: InputError.
    """
    for other in others:
        if is_same_file(file, expand_user(other)):
            raise InputError(f"{file} would replace another file of this run, {other}: write to another file.")


def _files(path: Path, quiet: bool) -> list[Path]:
    if not path.is_dir():
        return [path]
    from brushwork.images.formats import find_images  # imports torch, which --help does not need

    found = find_images(path)
    if found.note and not quiet and is_first_rank():
        log(found.note)
    return found.images


def _distinct(names: Sequence[str]) -> list[str]:
    """Make names unique: a, b, a → a, b, a-2; none longer than a file system allows."""
    taken: dict[str, None] = {}
    for name in names:
        short = name[:LONGEST_NAME]
        variants = (short if number == 1 else f"{short}-{number}" for number in count(1))
        taken[next(variant for variant in variants if variant not in taken)] = None
    return list(taken)


def parse_regions(given: Sequence[str], contents: int, results: int) -> tuple[jobs.Masks, ...]:
    """Return the mask files of every region. A colon may be part of a name, if such files exist.

    Raises: InputError: missing files, or several results, which the masks of one content image cannot fit.
    """
    if given and contents > 1:
        raise InputError(
            f"--region applies to one content image, but there are {contents}: paint the content images one at a time."
        )
    if given and results > 1:
        raise InputError(
            f"--region applies to one result, but each of the {results} style images gives one: leave out --each, or "
            "name the images of their folder, which stands for it."
        )
    return tuple(_masks(one) for one in given)


def _masks(given: str) -> jobs.Masks:
    parts = given.split(":")
    pairs = [(":".join(parts[:place]), ":".join(parts[place:])) for place in range(1, len(parts))]
    # Nothing after the colon: the whole style image.
    ways = [tuple(expand_user(name) for name in names if name) for names in ((given,), *pairs) if names[0]]
    there = [way for way in ways if all(map(is_there, way))]
    if there:
        return there[0]
    if not ways:
        raise InputError("--region without a file name: give masks as content_mask.png:style_mask.png.")
    missing = next(path for path in ways[min(1, len(ways) - 1)] if not is_there(path))
    raise InputError(f"the mask {missing} of --region {given} does not exist: check the name and the folder.")
