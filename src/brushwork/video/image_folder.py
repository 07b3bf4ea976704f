"""A clip made of the pictures in a folder, in natural order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from brushwork.errors import InputError
from brushwork.images.encode import quantize
from brushwork.images.formats import find_images
from brushwork.images.geometry import Size
from brushwork.images.read import read_image
from brushwork.video.clip import ClipFrame
from brushwork.video.clip_info import ClipInfo
from brushwork.video.codecs import CONTAINERS
from brushwork.video.options import require_rate
from brushwork.video.sequence_names import natural_order, sequence_files


@dataclass(frozen=True)
class ImageFolder:
    """A clip whose frames are picture files."""

    info: ClipInfo
    files: tuple[Path, ...]

    def frames(self, start: int | None = None, size: Size | None = None) -> Iterator[ClipFrame]:
        """Yield the frames from a presentation time on; see `Clip`.

        Raises: InputError: a picture cannot be read, or has another size.
        """
        for number, file in enumerate(self.files[start or 0 :], start=start or 0):
            loaded = read_image(file)
            if loaded.size != self.info.size:
                raise InputError(f"{file} has {loaded.size} pixels, and {self.files[0].name} {self.info.size}.")
            alpha = None if loaded.alpha is None else quantize(loaded.alpha.expand(1, 3, -1, -1), loaded.bits)[..., 0]
            yield ClipFrame(number, quantize(loaded.image, loaded.bits), alpha)


def open_image_folder(path: Path, rate: float) -> ImageFolder:
    """Return the clip in a folder, or of a pattern such as in/%04d.png.

    Raises: InputError: there are no pictures, or the rate is not a frame rate.
    """
    require_rate(rate)
    files = _files(path)
    if not files:
        raise InputError(
            f"{path} has no pictures: give a film, a folder of pictures, or a pattern such as in/%04d.png."
        )
    first = read_image(files[0])
    exact = Fraction(rate).limit_denominator(1001)
    return ImageFolder(
        ClipInfo(
            path=path,
            demuxer="images",
            size=first.size,
            coded_size=first.size,
            bits=first.bits,
            time_base=1 / exact,
            rate=exact,
            frames=len(files),
            seconds=float(len(files) / exact),
            has_alpha=first.alpha is not None,
            codec="images",
        ),
        tuple(files),
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return sequence_files(path)
    try:
        return natural_order(list(find_images(path).images))
    except InputError:
        films = natural_order([one for one in path.iterdir() if one.suffix.lower() in CONTAINERS])
        if not films:
            raise
    raise InputError(
        f"the folder {path} holds films: give one of them, {films[0]}, and the others in further commands."
    )
