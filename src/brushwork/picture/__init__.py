"""What an image is: reading, writing, resampling, color."""

from __future__ import annotations

from brushwork.picture.color import linear_to_srgb, luma, luminance, rgb_to_yiq, srgb_to_linear, yiq_to_rgb
from brushwork.picture.convert import as_image
from brushwork.picture.destination import check_writable
from brushwork.picture.formats import keeps_alpha, most_bits
from brushwork.picture.framing import crop, crop_to_multiple, pad
from brushwork.picture.giant import Giant, open_giant
from brushwork.picture.limits import MAX_PIXELS
from brushwork.picture.metadata import read_metadata
from brushwork.picture.picture import Picture
from brushwork.picture.read import Source, picture_size, read_picture
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size, Window
from brushwork.picture.write import write_picture

__all__ = [
    "MAX_PIXELS",
    "Giant",
    "Picture",
    "Size",
    "Source",
    "Window",
    "as_image",
    "check_writable",
    "crop",
    "crop_to_multiple",
    "fit",
    "keeps_alpha",
    "linear_to_srgb",
    "luma",
    "luminance",
    "most_bits",
    "open_giant",
    "pad",
    "picture_size",
    "read_metadata",
    "read_picture",
    "resize",
    "rgb_to_yiq",
    "srgb_to_linear",
    "write_picture",
    "yiq_to_rgb",
]
