"""The libraries of the extra `video`, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from brushwork.errors import require_extra


def import_video(module: str) -> Any:
    """Return the module `av` or `cv2`.

    Raises: InputError: it is not installed.
    """
    require_extra("a film", "video", module)
    return import_module(module)
