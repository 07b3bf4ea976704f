"""Imports of the extra `video`'s libraries on demand."""

from __future__ import annotations

from typing import Any

from brushwork.errors import import_extra


def import_video(module: str) -> Any:
    """Return the module `av` or `cv2`.

    Raises: InputError: the module is not installed, or cannot be imported.
    """
    return import_extra("a film", "video", module)
