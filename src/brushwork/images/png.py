"""PNG files, chunk by chunk: damaged chunks other than the pixels are removed before decoding.

Source: ISO/IEC 15948 (PNG), 5.3 (chunk layout), 5.4 (critical and ancillary chunks), 11.3 (ancillary chunks).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from brushwork.images.files import File
from brushwork.images.loaded import damaged_file_error

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FRAME = 12  # bytes of a chunk apart from its body: length, name, checksum
_COLOR_TYPE = 25  # its offset in the file

_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_MEANT = (b"Raw profile type exif", b"XML:com.adobe.xmp")
"""Keywords of texts that are read: they may hold the orientation."""
_LONG = 2**16
"""Bytes. Longer and compressed texts are removed, because decoders limit what they unpack."""
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_SHORTEST = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"acTL": 8, b"fcTL": 26, b"fdAT": 4}
_SHOWN = (b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"eXIf")
"""Chunks that determine how the pixels are shown."""
_DEFLATED = b"\0"
"""Compression method of a profile: the only one there is."""
_LONGEST_KEYWORD = 79
_TRANSPARENT = {0: 2, 2: 6, 3: 1}
"""Minimum bytes of a tRNS chunk, by color type."""


class PNGChunk(NamedTuple):
    """A chunk of a PNG file."""

    name: bytes
    start: int
    length: int
    """Bytes of the body."""

    @property
    def end(self) -> int:
        """Offset of the next chunk."""
        return self.start + self.length + _FRAME

    @property
    def ancillary(self) -> bool:
        """Whether the pixels can be decoded without it: its name begins with a lowercase letter."""
        return bool(self.name[0] & 0x20)

    def body(self, file: File) -> bytes | None:
        """Return the body; None if its checksum is wrong."""
        file.seek(self.start + 4)
        named = file.read(4 + self.length)
        return named[4:] if zlib.crc32(named) == int.from_bytes(file.read(4), "big") else None


def is_png(file: File) -> bool:
    """Return whether a file begins with the PNG signature."""
    file.seek(0)
    return file.read(len(SIGNATURE)) == SIGNATURE


def iterate_chunks(file: File) -> Iterator[PNGChunk]:
    """Yield the chunks of a PNG file, up to its end or the point where it is truncated."""
    size = file.seek(0, 2)
    start = len(SIGNATURE)
    while start + _FRAME <= size:
        file.seek(start)
        head = file.read(8)
        chunk = PNGChunk(head[4:], start, int.from_bytes(head[:4], "big"))
        if chunk.end > size or not chunk.name.isalpha():
            return
        yield chunk
        start = chunk.end


def make_decodable(file: File) -> tuple[File, tuple[str, ...]]:
    """Return a file that decoders can read if its pixels are intact, and notes for the user.

    Files other than PNG, and those without faults, are returned unchanged. From the rest, damaged ancillary chunks and
    long or compressed texts are removed; chunks that hold the orientation are moved before the pixels.
    """
    if not is_png(file):
        return file, ()
    found = list(iterate_chunks(file))
    faulty = _faulty(file, found)
    text = [chunk for chunk in found if chunk.name in _TEXT]
    meant = [chunk for chunk in text if _keyword(file, chunk) in _MEANT]
    long = [chunk for chunk in text if chunk not in meant and (chunk.name != b"tEXt" or chunk.length > _LONG)]
    pixels = next((place for place, chunk in enumerate(found) if chunk.name == b"IDAT"), len(found))
    late = [chunk for chunk in found[pixels:] if chunk.name == b"eXIf" or chunk in meant]
    if not faulty and not long and not late:
        return file, ()
    order = [*found[:pixels], *late, *(chunk for chunk in found[pixels:] if chunk not in late)]
    left_out = {*faulty, *long}
    names = dict.fromkeys(chunk.name.decode() for chunk in faulty if chunk.name in _SHOWN)
    notes = tuple(f"its {name} chunk is damaged: ignored" for name in names)
    return _join_chunks(file, [chunk for chunk in order if chunk not in left_out], found[-1].end), notes


def require_intact(file: File, name: str) -> None:
    """Refuse a PNG file whose pixels are damaged.

    Raises: InputError: a critical chunk with a wrong checksum.
    """
    if is_png(file):
        for chunk in iterate_chunks(file):
            if not chunk.ancillary and chunk.body(file) is None:
                raise damaged_file_error(name, ValueError(f"wrong checksum in the chunk {chunk.name.decode()}"))


def _faulty(file: File, found: list[PNGChunk]) -> list[PNGChunk]:
    """Return the damaged ancillary chunks; if one belongs to an animation, all chunks of the animation."""
    file.seek(_COLOR_TYPE)
    color_type = int.from_bytes(file.read(1), "big")  # 0 if the file ends before it
    faulty = [chunk for chunk in found if chunk.ancillary and not _is_sound(chunk, chunk.body(file), color_type)]
    if any(chunk.name in _ANIMATION for chunk in faulty):
        still = [chunk for chunk in faulty if chunk.name not in _ANIMATION]
        faulty = [*still, *(chunk for chunk in found if chunk.name in _ANIMATION)]
    return faulty


def _is_sound(chunk: PNGChunk, body: bytes | None, color_type: int) -> bool:
    if body is None:
        return False
    if chunk.name == b"iCCP":
        _, _, rest = body.partition(b"\0")
        return rest.startswith(_DEFLATED)
    shortest = _TRANSPARENT.get(color_type, 0) if chunk.name == b"tRNS" else _SHORTEST.get(chunk.name, 0)
    return len(body) >= shortest


def _keyword(file: File, chunk: PNGChunk) -> bytes:
    """Return the keyword of a text chunk."""
    file.seek(chunk.start + 8)
    return file.read(min(chunk.length, _LONGEST_KEYWORD + 1)).partition(b"\0")[0]


def _join_chunks(file: File, parts: list[PNGChunk], end: int) -> File:
    """Return a file of these chunks, followed by everything from `end` on."""
    content = BytesIO()
    content.write(SIGNATURE)
    for chunk in parts:
        file.seek(chunk.start)
        content.write(file.read(chunk.end - chunk.start))
    file.seek(end)
    content.write(file.read())
    return content
