"""Frames that are painted before those that need them: key frames, and earlier passes."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TypeAlias

from brushwork.video.workspace import StoredFrame

KeyFrames: TypeAlias = MutableMapping[int, StoredFrame]
KeySource: TypeAlias = Callable[[str], KeyFrames]
"""Returns where frames are kept that are painted before those that need them, by a name."""
