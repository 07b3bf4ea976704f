"""Write a film from its segments, in the form that its name selects: video with sound, animation, or picture files."""

from __future__ import annotations

from pathlib import Path

from brushwork.storage.atomic import atomic_write
from brushwork.video.animation_file import Segments, decoded_frames, write_animation
from brushwork.video.animation_loops import FOREVER
from brushwork.video.codecs import IMAGES
from brushwork.video.film_file import write_film
from brushwork.video.film_tracks import Soundtrack
from brushwork.video.image_sequence import write_sequence
from brushwork.video.segment_file import FilmFormat, require_whole

_SILENT = Soundtrack(None)


def write_output(
    path: Path,
    segments: Segments,
    format: FilmFormat,
    *,
    soundtrack: Soundtrack = _SILENT,
    plays: int = FOREVER,
    tag: str = "",
) -> tuple[str, ...]:
    """Write a film from its segments and the time stamps of their frames; return notes for the user.

    `plays` is how many times an animation is played; `tag` says how the film was made, if the format can hold it. An
    existing file is replaced completely or not at all.

    Raises: InputError: the film cannot be written, or a segment is damaged.
    """
    for segment, times in segments:
        require_whole(segment, times)
    encoding = format.encoding
    if encoding.container.muxer == IMAGES:
        return write_sequence(path, decoded_frames(segments), encoding.has_alpha, encoding.kept_bits, tag)
    with atomic_write(path, overwrite=True) as temporary:
        if encoding.container.is_animation:
            write_animation(temporary, segments, format, plays)
            return ()
        return write_film(temporary, segments, format, soundtrack, {"comment": tag} if tag else {})
