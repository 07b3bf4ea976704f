"""Which files are pictures: the formats that are decoded, and the endings by which they are found in folders."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import PIL.Image
from PIL import features

from brushwork.errors import InputError

# Not all that Pillow knows: some formats start other programs, some take any file for a picture.
_READ = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "DIB", "PPM", "AVIF", "JPEG2000", "TGA", "QOI", "PSD")
_OPTIONAL = {"JPEG2000": "jpg_2000", "WEBP": "webp", "AVIF": "avif"}
"""What Pillow can be built without, and what it calls that."""

KINDS = "PNG, JPEG, WebP, TIFF, GIF, BMP, AVIF, JPEG 2000 or PPM"
"""The usual ones, as they are named to a person."""

_NAMED_ENDINGS = 5
"""So many endings of files that are passed over are named."""


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
