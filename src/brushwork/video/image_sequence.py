"""Write a film as picture files: out/0001.png, out/0002.png, and so on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from brushwork.images.metadata import insert_png_text
from brushwork.storage.atomic import atomic_write, explain_write_errors
from brushwork.video.optional_imports import import_video
from brushwork.video.sequence_names import frame_file, sequence_files

FIRST = 1
"""Number of the first frame, as FFmpeg and most programs count."""


def write_sequence(pattern: Path, frames: Iterable[Any], has_alpha: bool, bits: int, tag: str) -> tuple[str, ...]:
    """Write decoded frames to PNG files, each one complete or not at all, with a tag in the first; return notes.

    Raises: InputError: a file cannot be written.
    """
    kind = ("rgba" if has_alpha else "rgb24") if bits == 8 else ("rgba64be" if has_alpha else "rgb48be")
    number = FIRST - 1
    for number, frame in enumerate(frames, start=FIRST):
        path = frame_file(pattern, number)
        with explain_write_errors(path), atomic_write(path, overwrite=True) as temporary:
            picture = _png(frame.reformat(format=kind))
            temporary.write_bytes(insert_png_text(picture, tag) if tag and number == FIRST else picture)
    rest = len(sequence_files(pattern)) - number
    return (f"{rest} files of {pattern} are not of this film: they were there before",) if rest > 0 else ()


def _png(frame: Any) -> bytes:
    av = import_video("av")
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, frame.format.name
    encoder.time_base, frame.pts = frame.time_base, 0
    return b"".join(bytes(packet) for one in (frame, None) for packet in encoder.encode(one))
