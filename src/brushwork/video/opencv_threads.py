"""OpenCV's threads, a setting of the whole process: its flow depends on their number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from brushwork.video.optional_imports import import_video


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Let OpenCV compute on one thread, so that its result does not depend on the machine."""
    cv2 = import_video("cv2")
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
