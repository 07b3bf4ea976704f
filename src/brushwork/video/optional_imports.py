"""The libraries of the extra `video`, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from brushwork.errors import InputError

_NAMES = {"av": "PyAV", "cv2": "OpenCV"}


def import_video(module: str) -> Any:
    """Return the module `av` or `cv2`.

    Raises: InputError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"films need {_NAMES[module]}, which is not installed: pip install 'brushwork[video]'"
        ) from error
