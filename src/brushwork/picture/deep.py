"""16-bit and float PNG and TIFF files, read through libvips."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brushwork.errors import InputError
from brushwork.picture.arrays import to_uint16
from brushwork.picture.files import File
from brushwork.picture.lab import lab_to_srgb16
from brushwork.picture.limits import require_size
from brushwork.picture.notes import LAB_NOTE, damaged_file_error, frames_note
from brushwork.picture.picture import DecodedSamples
from brushwork.picture.png import make_decodable
from brushwork.picture.profile import to_srgb_deep
from brushwork.picture.stated import mark_stated, read_stated_pixels
from brushwork.picture.tiff import content_for_vips
from brushwork.picture.window import Size

_CHANNELS = (1, 3, 4)  # gray, RGB or Lab, CMYK


def read_deep(pyvips: Any, file: File, name: str, max_pixels: int) -> DecodedSamples:
    """The picture in a file, kept at 16 bits a sample.

    Floats count as display values from 0 to 1.

    Raises: InputError: too large, damaged, samples of another kind, or out of range.
    """
    file, notes = make_decodable(file)
    said = read_stated_pixels(file, name)
    try:
        image = pyvips.Image.new_from_buffer(content_for_vips(file), "", fail_on="error")
        require_size(name, Size(image.height, image.width), max_pixels)
        return _raster(mark_stated(pyvips, image, said).autorot(), name).with_notes(*notes)
    except pyvips.Error as error:
        raise damaged_file_error(name, error) from error


def _raster(image: Any, name: str) -> DecodedSamples:
    icc = image.get("icc-profile-data") if image.get_typeof("icc-profile-data") else None
    frames = image.get("n-pages") if image.get_typeof("n-pages") else 1
    bands = image.split_rows - 1 if image.hasalpha() else image.split_rows
    if bands not in _CHANNELS:
        raise InputError(f"{name} has {image.split_rows} samples in a pixel: save it as gray, RGB or CMYK.")
    color = image.extract_band(0, n=bands)
    told: tuple[str, ...]
    if image.interpretation in ("lab", "labs"):
        pixels, told = lab_to_srgb16(_array(color.colourspace("lab"))), (LAB_NOTE,)
    else:
        pixels, told = to_srgb_deep(to_uint16(_array(color), name), icc)
    alpha = to_uint16(_array(image.extract_band(bands)), name)[..., 0] if image.hasalpha() else None
    return DecodedSamples(pixels, alpha, (*frames_note(frames), *told), bits=16)


def _array(image: Any) -> NDArray[Any]:
    samples = np.asarray(image.numpy())
    return samples.reshape(*samples.shape[:2], -1)
