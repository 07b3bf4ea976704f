"""What an image is: reading, writing, resampling, color."""

from __future__ import annotations

from brushwork.picture.color import linear_to_srgb, luma, luminance, rgb_to_yiq, srgb_to_linear, yiq_to_rgb
from brushwork.picture.convert import as_image
from brushwork.picture.destination import check_writable
from brushwork.picture.formats import has_alpha, max_bits
from brushwork.picture.framing import crop, crop_to_multiple, pad
from brushwork.picture.giant import LargeImage, open_large_image
from brushwork.picture.limits import MAX_PIXELS
from brushwork.picture.metadata import read_metadata
from brushwork.picture.picture import LoadedImage
from brushwork.picture.read import ImageInput, image_size, read_image
from brushwork.picture.resample import fit_size, resize
from brushwork.picture.window import Size, Window
from brushwork.picture.write import write_image

__all__ = [
    "MAX_PIXELS",
    "ImageInput",
    "LargeImage",
    "LoadedImage",
    "Size",
    "Window",
    "as_image",
    "check_writable",
    "crop",
    "crop_to_multiple",
    "fit_size",
    "has_alpha",
    "image_size",
    "linear_to_srgb",
    "luma",
    "luminance",
    "max_bits",
    "open_large_image",
    "pad",
    "read_image",
    "read_metadata",
    "resize",
    "rgb_to_yiq",
    "srgb_to_linear",
    "write_image",
    "yiq_to_rgb",
]
