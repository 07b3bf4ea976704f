"""OpenCV's number of threads, a setting of the whole process on which its flow depends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from brushwork.video.optional_imports import import_video


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Make OpenCV compute on one thread, so that its results do not depend on the machine."""
    cv2 = import_video("cv2")
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
