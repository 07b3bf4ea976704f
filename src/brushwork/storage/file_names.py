"""File endings, and safe display of file names that are not UTF-8."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

STYLE_ENDING = ".style"
"""Suffix that distinguishes style files from images."""

MODEL_ENDING = ".safetensors"

WEIGHTS_ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".caffemodel")
"""Suffixes that mark the name of a network as a file."""

CHECKPOINT_ENDING = ".checkpoint"
"""Suffix of the checkpoint beside an output, after the output's whole name."""

_NO_UTF8 = re.compile("[\udc80-\udcff]")
"""Python's surrogates for the bytes of a name that are not valid UTF-8 (PEP 383)."""


def is_weights_file(name: str | Path) -> bool:
    """Return whether the name of a network is the path of a weights file."""
    separators = {os.sep, os.altsep or os.sep}
    return isinstance(name, Path) or name.endswith(WEIGHTS_ENDINGS) or any(one in name for one in separators)


def is_utf8(path: Path) -> bool:
    """Return whether the path is valid UTF-8, as some libraries require."""
    return not _NO_UTF8.search(str(path))


def to_readable(name: str) -> str:
    """Return the name with bytes that are not UTF-8 written as \\xe9, for pages, drawings and messages."""
    return _NO_UTF8.sub(_escape, name)


def to_command_line(words: Iterable[str]) -> str:
    """Return words quoted for a shell; names that are not valid UTF-8 as $'caf\\351.jpg', for bash, zsh and ksh."""
    return " ".join(map(_quote, words))


def _quote(word: str) -> str:
    if not _NO_UTF8.search(word):
        return shlex.quote(word)
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    # In octal, which ends after three digits: a letter after \xe9 could be read as part of it.
    return "$'{}'".format(_NO_UTF8.sub(lambda byte: f"\\{ord(byte[0]) - 0xDC00:03o}", plain))


def _escape(byte: re.Match[str]) -> str:
    return f"\\x{ord(byte[0]) - 0xDC00:02x}"
