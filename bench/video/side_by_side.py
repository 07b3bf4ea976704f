"""Put films of one size side by side, each with its name below, in a film small enough for a page.

python bench/video/side_by_side.py OUT.mp4 [--crf 30] [--rate 24] "frame by frame=a.mkv" "as a film=b.mkv"
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from brushwork.images import Size
from brushwork.video import open_clip
from brushwork.video.codecs import choose_encoding
from brushwork.video.panels import caption, in_a_grid
from brushwork.video.segment_file import FilmFormat, write_segment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("films", nargs="+", help="name=file")
    parser.add_argument("--crf", type=int, default=30)
    parser.add_argument("--rate", type=int, help="frames a second; default: those of the first film")
    given = parser.parse_args()
    films = {name: open_clip(Path(file)) for name, file in (one.split("=", 1) for one in given.films)}
    info = next(iter(films.values())).info
    frames = list(sheets(films))
    encoding = choose_encoding(given.output, None, "420", given.crf, 8)
    size, rate = Size(*frames[0].shape[:2]), Fraction(given.rate or info.rate)
    write_segment(given.output, enumerate(frames), FilmFormat(encoding, size, 1 / rate, rate))
    print(f"{given.output}: {len(frames)} frames, {given.output.stat().st_size / 1e6:.2f} MB")


def sheets(films: dict[str, Any]) -> Iterator[Any]:
    """The frames of all films, side by side."""
    for frames in zip(*(film.frames() for film in films.values()), strict=True):
        yield in_a_grid([caption(frame.levels, name) for name, frame in zip(films, frames, strict=True)])


if __name__ == "__main__":
    main()
