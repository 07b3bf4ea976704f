"""What a file says of its pixels, told to libvips as Pillow reads it: both decoders then give the same picture."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from brushwork.errors import InputError
from brushwork.picture.decode import open_with_pillow
from brushwork.picture.files import File
from brushwork.picture.orientation import read_orientation
from brushwork.picture.primaries import find_profile

_TURNED_BY_VIPS = "TIFF"
_ORIENTATION, _PROFILE = "orientation", "icc-profile-data"


class StatedPixels(NamedTuple):
    """How the pixels of a file lie, and in which colors they are; None: libvips is to find it out."""

    orientation: int | None = None
    profile: bytes | None = None


def read_stated_pixels(file: File, name: str) -> StatedPixels:
    """What a file says of its pixels, which are not decoded."""
    with suppress(InputError), open_with_pillow(file, name) as image:
        turned = None if image.format == _TURNED_BY_VIPS else read_orientation(image)
        return StatedPixels(turned, find_profile(image.info))
    return StatedPixels()


def mark_stated(pyvips: Any, image: Any, said: StatedPixels) -> Any:
    """A picture of libvips that knows what its file says."""
    image = image.copy()
    if said.orientation is not None:
        image.set_type(pyvips.GValue.gint_type, _ORIENTATION, said.orientation)
    if said.profile is not None and not image.get_typeof(_PROFILE):
        image.set_type(pyvips.GValue.blob_type, _PROFILE, said.profile)
    return image
