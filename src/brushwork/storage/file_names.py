"""Names of files that are no UTF-8, in texts that are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

_NO_UTF8 = re.compile("[\udc80-\udcff]")
"""What Python has for the bytes of a name that are no UTF-8 (PEP 383)."""


def is_utf8(path: Path) -> bool:
    """Whether the path is UTF-8, as some libraries want it."""
    return not _NO_UTF8.search(str(path))


def to_readable(name: str) -> str:
    """The name with such bytes written as \\xe9, for pages, drawings and people."""
    return _NO_UTF8.sub(_escaped, name)


def to_command_line(words: Iterable[str]) -> str:
    """Words as a shell takes them; names that are no UTF-8 as $'caf\\351.jpg', which bash, zsh and ksh know."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if not _NO_UTF8.search(word):
        return shlex.quote(word)
    plain = word.replace("\\", "\\\\").replace("'", "\\'")
    # In octal, which ends after three digits: a letter behind \xe9 could belong to it.
    return "$'{}'".format(_NO_UTF8.sub(lambda byte: f"\\{ord(byte[0]) - 0xDC00:03o}", plain))


def _escaped(byte: re.Match[str]) -> str:
    return f"\\x{ord(byte[0]) - 0xDC00:02x}"
