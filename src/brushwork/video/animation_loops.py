"""How often an animation is played, according to its file."""

from __future__ import annotations

from pathlib import Path

from brushwork.options import require_option
from brushwork.video.signatures import ANIMATIONS

FOREVER = 0
MOST_PLAYS = 65535
"""Largest number that the formats can hold."""
_HEAD = 1 << 16


def require_plays(plays: int | None) -> None:
    """Raise an InputError if an animation cannot be played that many times; None: as often as its clip."""
    require_option(plays is None or FOREVER <= plays <= MOST_PLAYS, "plays", plays, f"from 0 (forever) to {MOST_PLAYS}")


def times_played(path: Path, demuxer: str) -> int:
    """Return how many times an animated GIF, PNG or WebP is played, at most the number that all of them can hold.

    0 means forever, as for other clips.
    """
    if demuxer not in ANIMATIONS:
        return FOREVER
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if demuxer == "gif":
        repeats = _number(head, b"NETSCAPE2.0\x03\x01", 0, 2, "little")
        plays: int | None = 1 if repeats is None else repeats and repeats + 1
    elif demuxer == "apng":
        plays = _number(head, b"acTL", 4, 4, "big")
    else:
        plays = _number(head, b"ANIM", 8, 2, "little")
    return min(plays or FOREVER, MOST_PLAYS)


def _number(head: bytes, mark: bytes, offset: int, length: int, order: str) -> int | None:
    """Return the integer `offset` bytes after a mark; None: there is no mark."""
    at = head.find(mark)
    start = at + len(mark) + offset
    return None if at < 0 else int.from_bytes(head[start : start + length], "big" if order == "big" else "little")
