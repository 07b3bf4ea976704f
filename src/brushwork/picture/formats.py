"""The kinds of files that pictures are written to, and what each of them can keep."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from brushwork.errors import InputError

_UNLIMITED = 2**31 - 1  # pixels a side, PNG and TIFF


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
