"""How often an animated picture is played, as its file says."""

from __future__ import annotations

from pathlib import Path

FOREVER = 0
_HEAD = 1 << 16


def times_played(path: Path, demuxer: str) -> int:
    """Return how many times an animated GIF, PNG or WebP is played; 0: forever, as for other films."""
    if demuxer not in ("gif", "apng", "webp"):
        return FOREVER
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if demuxer == "gif":
        repeats = _number(head, b"NETSCAPE2.0\x03\x01", 0, 2, "little")
        return 1 if repeats is None else repeats and repeats + 1
    if demuxer == "apng":
        return _number(head, b"acTL", 4, 4, "big") or FOREVER
    return _number(head, b"ANIM", 8, 2, "little") or FOREVER


def _number(head: bytes, mark: bytes, offset: int, length: int, order: str) -> int | None:
    """Return the whole number some bytes after a mark; None: there is no mark."""
    at = head.find(mark)
    start = at + len(mark) + offset
    return None if at < 0 else int.from_bytes(head[start : start + length], "big" if order == "big" else "little")
