"""Write a film of its segments, as its name says: a film with sound, an animation, or picture files."""

from __future__ import annotations

from pathlib import Path

from brushwork.storage.atomic import atomic_write
from brushwork.video.animation_file import Segments, decoded_frames, write_animation
from brushwork.video.animation_loops import FOREVER
from brushwork.video.codecs import IMAGES
from brushwork.video.film_file import write_film
from brushwork.video.film_tracks import Soundtrack
from brushwork.video.image_sequence import write_sequence
from brushwork.video.segment_file import FilmFormat

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
    """Write a film of its segments, given with the time stamps of their frames; return notes for the user.

    `plays` is how many times an animated picture is played; `tag` says how the film was made, where the format
    holds it. Whatever was there is replaced, as a whole or not at all.

    Raises: InputError: it cannot be written.
    """
    encoding = format.encoding
    if encoding.container.muxer == IMAGES:
        return write_sequence(path, decoded_frames(segments), encoding.has_alpha, encoding.kept_bits, tag)
    with atomic_write(path, overwrite=True) as temporary:
        if encoding.container.is_animation:
            write_animation(temporary, segments, format, plays)
            return ()
        return write_film(temporary, segments, format, soundtrack, {"comment": tag} if tag else {})
