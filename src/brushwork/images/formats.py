"""Image formats: what each can store, which are decoded, and their file suffixes."""

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

# Not every format that Pillow knows: some start other programs, some accept any file as an image.
_READ = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "DIB", "PPM", "AVIF", "JPEG2000", "TGA", "QOI", "PSD")
_OPTIONAL = {"JPEG2000": "jpg_2000", "WEBP": "webp", "AVIF": "avif"}
"""Formats that Pillow can be built without, and Pillow's feature names for them."""

KINDS = "PNG, JPEG, WebP, TIFF, GIF, BMP, AVIF, JPEG 2000 or PPM"
"""The common formats, as messages name them."""

_NAMED_ENDINGS = 5
"""Number of suffixes of skipped files that a note names."""


@dataclass(frozen=True)
class ImageFormat:
    """A file format that can be written, under Pillow's name for it."""

    name: str
    suffixes: tuple[str, ...]
    alpha: bool
    bits: int
    max_side: int
    """Largest side in pixels."""

    def companion_paths(self, path: Path) -> tuple[Path, ...]:
        """Return the paths that are written beside this file and belong to it."""
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
    """Return the format that the suffix of a file name selects.

    Raises: InputError: not the suffix of a format that can be written.
    """
    ending = Path(path).suffix.lower()
    for known in FORMATS:
        if ending in known.suffixes:
            return known
    endings = ", ".join(ending for known in FORMATS for ending in known.suffixes)
    given = f"ends in {ending}" if ending else "has no ending"
    raise InputError(f"{Path(path).name!r} {given}: give a name that ends in one of {endings}.")


def require_pyramid(format: ImageFormat) -> None:
    """Refuse a pyramid in a format that holds one size only.

    Raises: InputError: a format other than TIFF.
    """
    if format.name != "TIFF":
        raise InputError(f"{format.name} cannot hold a pyramid of sizes: write .tif, or .dzi, which is one.")


def has_alpha(path: str | PathLike[str]) -> bool:
    """Return whether a file of this name can be transparent; if not, images are written over white.

    Raises: InputError: an unknown suffix.
    """
    return format_of(path).alpha


def max_bits(path: str | PathLike[str]) -> int:
    """Return the bits per sample that a file of this name can keep, 8 or 16.

    Raises: InputError: an unknown suffix.
    """
    return format_of(path).bits


@cache
def decoded_formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that are decoded here."""
    PIL.Image.init()
    missing = {known for known, feature in _OPTIONAL.items() if not features.check(feature)}
    return tuple(known for known in _READ if known in PIL.Image.OPEN and known not in missing)


@cache
def image_suffixes() -> frozenset[str]:
    """Return the file suffixes of these formats, such as .png."""
    formats = decoded_formats()
    return frozenset(ending for ending, known in PIL.Image.registered_extensions().items() if known in formats)


class FoundImages(NamedTuple):
    """The images and other files in a folder."""

    folder: Path
    images: list[Path]
    """Image files, sorted by name."""
    others: list[Path]
    """Files that are not hidden and do not have an image suffix."""

    @property
    def note(self) -> str | None:
        """How many files are skipped, in a sentence; None if there are none."""
        if not self.others:
            return None
        kinds = Counter(one.suffix.lower() or "no ending" for one in self.others)
        named = [kind for kind, _ in kinds.most_common(_NAMED_ENDINGS)]
        more = [] if len(kinds) <= _NAMED_ENDINGS else ["…"]
        files = "1 file is" if len(self.others) == 1 else f"{len(self.others)} files are"
        return f"{self.folder}: {files} skipped, without an image file's ending ({', '.join([*named, *more])})."


def find_images(folder: Path, *, within: bool = False) -> FoundImages:
    """Return the images in a folder and, with `within`, in its subfolders.

    Raises: InputError: there are none. OSError: the folder cannot be read.
    """
    next(folder.iterdir(), None)  # rglob finds nothing in a folder that cannot be read
    files = [one for one in (folder.rglob("*") if within else folder.iterdir()) if not one.name.startswith(".")]
    images = sorted(one for one in files if one.suffix.lower() in image_suffixes() and not one.is_dir())
    others = sorted(one for one in files if one.suffix.lower() not in image_suffixes() and not one.is_dir())
    found = FoundImages(folder, images, others)
    if not images:
        note = "" if found.note is None else f" {found.note}"
        raise InputError(f"the folder {folder} holds no pictures: give one with {KINDS} files.{note}")
    return found
