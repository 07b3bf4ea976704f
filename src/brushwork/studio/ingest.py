"""The process that decodes uploads, with limits on memory and time: sizes, thumbnails, tiles.

It reads requests as lines of JSON from standard input and answers in lines of JSON. It imports Pillow, not torch.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import PIL.Image
from PIL import ImageOps

from brushwork.storage.atomic import atomic_write
from brushwork.studio.tile_writer import reduce_image, to_eight_bits, write_tiles

MOST_MEMORY = 5 * 2**29
"""Bytes: 400 megapixels at 4 bytes each, and a quarter of them for the next tiles."""
MOST_SECONDS = 20
"""Processor time for one file."""
_LOOK = 0.5
"""Seconds between two checks that the parent is there."""

_FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "tiff": "TIFF", "gif": "GIF", "avif": "AVIF"}
_DEMUXERS = {"mp4": "mov", "webm": "matroska"}
_THUMBNAIL_QUALITY = 80
_ROTATED = (5, 6, 7, 8)
_ORIENTATION = 0x0112
"""EXIF tag; values 5 to 8 exchange width and height."""


def main() -> None:
    """Answer requests until standard input ends."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    PIL.Image.MAX_IMAGE_PIXELS = None  # the request names its own limit, to which the header is compared
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    for line in sys.stdin:
        request = json.loads(line)
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit_seconds(used.ru_utime + used.ru_stime, request.get("seconds", MOST_SECONDS))
        sys.stdout.write(json.dumps(_answer(request)) + "\n")
        sys.stdout.flush()


def _end_with(parent: int) -> None:
    """End this process, whatever it is doing, when its parent has ended: nobody waits for the answer."""
    while os.getppid() == parent:
        sleep(_LOOK)
    os._exit(1)


def limit_seconds(used: float, more: int = MOST_SECONDS) -> None:
    """Let the process use `more` seconds beyond those used; then the kernel ends it."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)  # the second limit cannot be raised again, and stays as it is
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + more, most))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        return _tile(request) if "tiles" in request else _read(request)
    except MemoryError:
        return {"error": "the picture takes too much memory to decode: give a smaller one."}
    except Exception as error:  # whatever a decoder raises for a damaged file
        return {"error": f"the picture cannot be read ({error}): it is damaged, or not of the kind that it begins as."}


def _read(request: dict[str, Any]) -> dict[str, Any]:
    if request["kind"] in _DEMUXERS:
        return _read_film(request)
    with PIL.Image.open(request["path"], formats=[_FORMATS[request["kind"]]]) as image:
        width, height = _upright_size(image)
        if width * height > request["max_pixels"]:
            return _too_large(width, height, request["max_pixels"])
        for side, path in request["thumbnails"].items():
            _write_thumbnail(image, int(side), Path(path))
    return {"width": width, "height": height}


def _tile(request: dict[str, Any]) -> dict[str, Any]:
    with PIL.Image.open(request["path"], formats=[_FORMATS[request["kind"]]]) as image:
        tiles = request["tiles"]
        write_tiles(image, Path(tiles["folder"]), tiles["side"], tiles["overlap"])
    return {}


def _read_film(request: dict[str, Any]) -> dict[str, Any]:
    """Read the size of a film, and make thumbnails of its first frame. The demuxer is named; FFmpeg does not guess."""
    try:
        import av
    except ImportError:
        return {"error": "films need more than what is installed: pip install 'brushwork[video]'."}
    with av.open(request["path"], format=_DEMUXERS[request["kind"]], options={"protocol_whitelist": "file"}) as film:
        stream = film.streams.video[0]
        if stream.width * stream.height > request["max_pixels"]:
            return _too_large(stream.width, stream.height, request["max_pixels"])
        frame = next(film.decode(stream))
        image = frame.to_image().rotate(frame.rotation, expand=True)
        for side, path in request["thumbnails"].items():
            _write_thumbnail(image, int(side), Path(path))
    return {"width": image.width, "height": image.height}


def _too_large(width: int, height: int, most: int) -> dict[str, Any]:
    return {"too_large": f"it has {width}×{height} pixels, and {most} are allowed: make it smaller."}


def _upright_size(image: PIL.Image.Image) -> tuple[int, int]:
    """Return the width and height of an image when upright; for a TIFF, Pillow gives them so itself."""
    width, height = image.size
    is_turned = image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) in _ROTATED
    return (height, width) if is_turned else (width, height)


def _write_thumbnail(image: PIL.Image.Image, side: int, path: Path) -> None:
    image.draft("RGB", (2 * side, 2 * side))  # a JPEG is decoded at a fraction of its size
    image.load()
    width, height = _upright_size(image)
    factor = max(1, int(max(width / side, height / (4 * side)) / 2))
    small = reduce_image(image, factor, _to_colors)
    small.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    ImageOps.exif_transpose(small, in_place=True)
    small.thumbnail((side, side * 4), PIL.Image.Resampling.LANCZOS)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, overwrite=True) as temporary:  # several processes may make the same thumbnail
        small.save(temporary, "WEBP", quality=_THUMBNAIL_QUALITY)


def _to_colors(image: PIL.Image.Image) -> PIL.Image.Image:
    """Return the image in RGB, or in RGBA if it may be transparent."""
    image = to_eight_bits(image)
    if image.mode in ("RGB", "RGBA"):
        return image
    return image.convert("RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB")


if __name__ == "__main__":
    main()
