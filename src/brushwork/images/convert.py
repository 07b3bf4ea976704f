"""Convert any supported input to an image tensor; all public functions that take images use this."""

from __future__ import annotations

from os import PathLike

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.arrays import planes_of_array, planes_of_tensor, split_alpha
from brushwork.images.loaded import IN_MEMORY, LoadedImage
from brushwork.images.read import ImageInput, read_image
from brushwork.types import Image


def as_image(source: ImageInput, what: str = "the picture", *, beyond: float = 0.0) -> Image:
    """Return an image, or a batch of images, as floats N × 3 × height × width in [0, 1]; `what` names it in errors.

    Paths, open files, Pillow images and a `LoadedImage` are read as by `read_image`. Arrays are (height, width), or
    (height, width, channels) or a batch of these. Tensors are (channels, height, width) or a batch of these. Channels
    are 1 (gray), 3 (sRGB) or 4 (sRGB and alpha). uint8 and uint16 are scaled by their largest value; floats are in
    [0, 1]. Transparent parts show the colors around them, as those of files do.

    A tensor stays on its device, without its gradient. A float64 tensor stays float64, and a tensor that is already an
    image is not copied. Everything else becomes float32 on the CPU. The values of a tensor may lie up to `beyond`
    outside [0, 1], as noise to start from may.

    Raises: InputError: another kind of input, another shape or type, NaN, values out of [0, 1], or a file that cannot
        be read.
    """
    match source:
        case LoadedImage():
            return as_image(source.image, what, beyond=beyond)
        case Tensor():
            return _composed(planes_of_tensor(source, what, beyond=beyond))
        case np.ndarray():
            return _composed(planes_of_array(source, what))
    if is_source(source):
        return read_image(source).image
    raise InputError(
        f"{what} is given as {type(source).__name__}: give a path, an open file, a Pillow image, a Picture, an array "
        "or a tensor."
    )


def is_source(given: object) -> bool:
    """Return whether an object is of a type that is read as one image; any other type may hold several."""
    kinds = (str, PathLike, PIL.Image.Image, np.ndarray, Tensor, LoadedImage)
    return isinstance(given, kinds) or hasattr(given, "read")


def _composed(planes: Tensor) -> Image:
    color, alpha = split_alpha(planes)
    if alpha is None:
        return LoadedImage.of(color, None, (), 8, IN_MEMORY).image
    images = zip(color[:, None], alpha[:, None], strict=True)
    return torch.cat([LoadedImage.of(*one, (), 8, IN_MEMORY).image for one in images])
