"""Read, write, resize and crop images, and convert their colors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.images.color import linear_to_srgb, luma, rgb_to_yiq, srgb_to_linear, yiq_to_rgb
    from brushwork.images.crop_pad import crop, pad
    from brushwork.images.encode import quantize
    from brushwork.images.formats import has_alpha, max_bits
    from brushwork.images.geometry import MAX_PIXELS, Size, Window, fit_size
    from brushwork.images.loaded import LoadedImage
    from brushwork.images.metadata import read_metadata
    from brushwork.images.read import ImageFile, ImageInput, as_image, image_size, read_image
    from brushwork.images.resample import resize
    from brushwork.images.write import check_writable, write_image
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "MAX_PIXELS",
    "ImageFile",
    "ImageInput",
    "LoadedImage",
    "Size",
    "Window",
    "as_image",
    "check_writable",
    "crop",
    "fit_size",
    "has_alpha",
    "image_size",
    "linear_to_srgb",
    "luma",
    "max_bits",
    "pad",
    "quantize",
    "read_image",
    "read_metadata",
    "resize",
    "rgb_to_yiq",
    "srgb_to_linear",
    "write_image",
    "yiq_to_rgb",
]
