"""Names of picture files that together make a clip or film, such as in/%04d.png."""

from __future__ import annotations

import re
from pathlib import Path

_PATTERN = re.compile(r"%0?(\d*)d")
_DIGITS = re.compile(r"(\d+)")


def is_sequence(path: Path) -> bool:
    """Return whether a name is a pattern."""
    return _PATTERN.search(path.name) is not None


def name_without_number(path: Path) -> str:
    """Return a file's name without its ending; for a pattern, the part before the number, or else the folder's name."""
    if not is_sequence(path):
        return path.stem
    before = _PATTERN.split(path.name, maxsplit=1)[0].strip("-_. ")
    return before or path.parent.name.strip(".")


def holds_pictures(path: Path) -> bool:
    """Return whether a clip or mask consists of picture files: a folder, or a pattern that is not itself a file."""
    return path.is_dir() or (is_sequence(path) and not path.is_file())


def frame_file(pattern: Path, number: int) -> Path:
    """Return the file of a frame."""
    return pattern.with_name(_PATTERN.sub(lambda found: f"{number:0{found[1] or 1}d}", pattern.name, count=1))


def sequence_files(pattern: Path) -> list[Path]:
    """Return the files that match a pattern, in natural order."""
    before, _, after = _PATTERN.split(pattern.name, maxsplit=1)
    matches = re.compile(re.escape(before) + r"\d+" + re.escape(after))
    there = pattern.parent.iterdir() if pattern.parent.is_dir() else ()
    return natural_order([one for one in there if matches.fullmatch(one.name)])


def natural_order(files: list[Path]) -> list[Path]:
    """Return files in the order of the numbers in their names."""
    return sorted(files, key=lambda one: [int(part) if part.isdigit() else part for part in _DIGITS.split(one.name)])
