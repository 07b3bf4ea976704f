"""Stored frames, and the stores of frames painted ahead: key frames, and earlier passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.storage.atomic import explain_write_errors
from brushwork.storage.tensors import explain_read_errors, read_tensors, replace_tensors
from brushwork.types import Image, State

PIXELS = "pixels"
"""Name of a frame's levels among its tensors."""

_LEVELS = {8: 255, 16: 65535}
_DIGITS = 8
"""Digits of a frame's index in the name of its file."""


class StoredFrame(NamedTuple):
    """A frame of the film as stored, and what the next frame needs from it."""

    levels: Tensor
    """(1, 3, h, w): integers up to 255, or 65535."""
    state: State

    @property
    def image(self) -> Image:
        """The frame in [0, 1]."""
        return self.levels.float() / (_LEVELS[8] if self.levels.dtype == torch.uint8 else _LEVELS[16])


def round_image(image: Image, bits: int) -> Tensor:
    """Return the nearest levels of an image; using the stored levels makes resuming change nothing."""
    levels = (image.clamp(0, 1) * _LEVELS[bits]).round()
    return levels.to("cpu", torch.uint8 if bits == 8 else torch.int32)


FrameStore: TypeAlias = MutableMapping[int, StoredFrame]
"""Frames painted ahead of those that need them, by index."""

FrameStores: TypeAlias = Callable[[str], FrameStore]
"""Returns the store with the given name."""


class FrameFolder(MutableMapping[int, StoredFrame]):
    """Frames in a folder, by index; their file names begin with a prefix."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        self._folder, self._prefix = folder, prefix

    def read(self, index: int) -> StoredFrame:
        """Return a stored frame.

        Raises: InputError: the frame is damaged or missing.
        """
        with explain_read_errors(self._file(index), "a frame of a film, which can be removed to paint it again"):
            tensors, _ = read_tensors(self._file(index))
            return StoredFrame(tensors.pop(PIXELS), tensors)

    def _file(self, index: int) -> Path:
        return self._folder / f"{self._prefix}{index:0{_DIGITS}}.safetensors"

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and self._file(index).exists()

    def __getitem__(self, index: int) -> StoredFrame:
        if index not in self:
            raise KeyError(index)
        return self.read(index)

    def __setitem__(self, index: int, frame: StoredFrame) -> None:
        with explain_write_errors(self._file(index)):
            replace_tensors(self._file(index), {PIXELS: frame.levels, **frame.state}, {})

    def __delitem__(self, index: int) -> None:
        self._file(index).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[int]:
        names = f"{self._prefix}{'[0-9]' * _DIGITS}.safetensors"
        return (int(one.stem.removeprefix(self._prefix)) for one in self._folder.glob(names))

    def __len__(self) -> int:
        return sum(1 for _ in self)
