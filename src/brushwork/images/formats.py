"""Image formats: what each can store, which are decoded, and the file endings of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import PIL.Image
from PIL import features

from brushwork.errors import InputError

_UNLIMITED = 2**31 - 1  # pixels a side, PNG and TIFF

# Not all that Pillow knows: some formats start other programs, some take any file for a picture.
_READ = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "DIB", "PPM", "AVIF", "JPEG2000", "TGA", "QOI", "PSD")
_OPTIONAL = {"JPEG2000": "jpg_2000", "WEBP": "webp", "AVIF": "avif"}
"""What Pillow can be built without, and what it calls that."""

KINDS = "PNG, JPEG, WebP, TIFF, GIF, BMP, AVIF, JPEG 2000 or PPM"
"""The usual ones, as they are named to a person."""

_NAMED_ENDINGS = 5
"""So many endings of files that are passed over are named."""


@dataclass(frozen=True)
class ImageFormat:
    """A kind of file, by Pillow's name for it."""

    name: str
    suffixes: tuple[str, ...]
    alpha: bool
    bits: int
    max_side: int
    """Pixels of the long side that fit."""

    def companion_paths(self, path: Path) -> tuple[Path, ...]:
        """What is written beside the file of this name, and belongs to it."""
        return (path.with_name(f"{path.stem}_files"), path.with_suffix(".html")) if self is DEEP_ZOOM else ()


DEEP_ZOOM = ImageFormat("DZI", (".dzi",), alpha=False, bits=8, max_side=_UNLIMITED)

FORMATS = (
    ImageFormat("PNG", (".png",), alpha=True, bits=16, max_side=_UNLIMITED),
    ImageFormat("JPEG", (".jpg", ".jpeg"), alpha=False, bits=8, max_side=65500),  # JPEG_MAX_DIMENSION of libjpeg
    ImageFormat("WEBP", (".webp",), alpha=True, bits=8, max_side=16383),  # RFC 9649, 2.6: 14 bits
    ImageFormat("TIFF", (".tif", ".tiff"), alpha=True, bits=16, max_side=_UNLIMITED),
    DEEP_ZOOM,
)


def format_of(path: str | PathLike[str]) -> ImageFormat:
    """The kind of file that a name asks for by its ending.

    Raises: InputError: an ending of no kind that can be written.
    """
    ending = Path(path).suffix.lower()
    for known in FORMATS:
        if ending in known.suffixes:
            return known
    endings = ", ".join(ending for known in FORMATS for ending in known.suffixes)
    given = f"ends in {ending}" if ending else "has no ending"
    raise InputError(f"{Path(path).name!r} {given}: give a name that ends in one of {endings}.")


def require_pyramid(format: ImageFormat) -> None:
    """Refuse a pyramid in a file that holds one size only.

    Raises: InputError.
    """
    if format.name != "TIFF":
        raise InputError(f"{format.name} holds no pyramid of sizes: write .tif with one, or .dzi, which is one.")


def has_alpha(path: str | PathLike[str]) -> bool:
    """Whether a file of this name can be transparent; if not, it is written over white.

    Raises: InputError: an unknown ending.
    """
    return format_of(path).alpha


def max_bits(path: str | PathLike[str]) -> int:
    """How many bits a sample a file of this name can keep, 8 or 16.

    Raises: InputError: an unknown ending.
    """
    return format_of(path).bits


@cache
def decoded_formats() -> tuple[str, ...]:
    """Pillow's names of the formats that are decoded here."""
    PIL.Image.init()
    missing = {known for known, feature in _OPTIONAL.items() if not features.check(feature)}
    return tuple(known for known in _READ if known in PIL.Image.OPEN and known not in missing)


@cache
def image_suffixes() -> frozenset[str]:
    """The endings of files in these formats, as .png."""
    formats = decoded_formats()
    return frozenset(ending for ending, known in PIL.Image.registered_extensions().items() if known in formats)


class FoundImages(NamedTuple):
    """What is in a folder."""

    folder: Path
    images: list[Path]
    """By name."""
    others: list[Path]
    """Files that are not hidden and do not end as pictures do."""

    @property
    def note(self) -> str | None:
        """How many files are passed over, in a sentence; None: there are none."""
        if not self.others:
            return None
        kinds = Counter(one.suffix.lower() or "no ending" for one in self.others)
        named = [kind for kind, _ in kinds.most_common(_NAMED_ENDINGS)]
        more = [] if len(kinds) <= _NAMED_ENDINGS else ["…"]
        files = "1 file is" if len(self.others) == 1 else f"{len(self.others)} files are"
        return f"{self.folder}: {files} passed over, not named as a picture ({', '.join([*named, *more])})."


def find_images(folder: Path, *, within: bool = False) -> FoundImages:
    """The pictures in a folder, and with `within` in the folders in it.

    Raises: InputError: there is none.
    """
    files = [one for one in (folder.rglob("*") if within else folder.iterdir()) if not one.name.startswith(".")]
    images = sorted(one for one in files if one.suffix.lower() in image_suffixes() and not one.is_dir())
    others = sorted(one for one in files if one.suffix.lower() not in image_suffixes() and not one.is_dir())
    found = FoundImages(folder, images, others)
    if not images:
        told = "" if found.note is None else f" {found.note}"
        raise InputError(f"the folder {folder} holds no pictures: give one with {KINDS} files.{told}")
    return found
