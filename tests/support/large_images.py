"""Images that are read in parts."""

from __future__ import annotations

from pathlib import Path

from brushwork.images.files import require_vips
from brushwork.images.geometry import MAX_PIXELS
from brushwork.images.large import LargeImage, find_large_image


def open_large_image(path: Path, max_pixels: int = MAX_PIXELS) -> LargeImage:
    """Opens an image file of which parts can be read."""
    found = find_large_image(require_vips("a test"), path, max_pixels)
    assert found is not None
    return found
