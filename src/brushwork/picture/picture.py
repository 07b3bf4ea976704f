"""What was read: a picture, what it covers, and what a person should be told about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from brushwork.picture.reduction import block_means
from brushwork.picture.transparency import composite_over_inpainted
from brushwork.picture.window import Size
from brushwork.types import Image

IN_MEMORY = "picture in memory"


@dataclass(frozen=True)
class LoadedImage:
    """A picture ready for painting.

    `image` is display-referred sRGB in [0, 1]. Where the source was transparent it shows the surroundings' colors
    (`composite_over_inpainted`), so that whatever a file hides there is not painted.
    """

    image: Image
    alpha: Float[Tensor, "1 1 _ _"] | None
    """Coverage in [0, 1], or None for a picture that is opaque everywhere."""
    notes: tuple[str, ...]
    """What was done to the source that a person should be told."""
    bits: int
    """8, or 16 where the source keeps more than 8 bits a sample. A float tensor or array does not say: 8."""
    name: str
    """The file's name, or "picture in memory"."""

    @classmethod
    def of(cls, color: Tensor, alpha: Tensor | None, notes: tuple[str, ...], bits: int, name: str) -> Self:
        """The picture of 1 or 3 color planes in [0, 1], transparent parts painted under."""
        image = color.repeat(1, 3, 1, 1) if color.shape[1] == 1 else color
        if alpha is None or alpha.min() >= 1:
            return cls(image, None, notes, bits, name)
        if alpha.max() == 0:
            notes = (*notes, "fully transparent: read as white")
        return cls(composite_over_inpainted(image, alpha), alpha, notes, bits, name)

    @property
    def size(self) -> Size:
        return Size.of(self.image)

    def reduce(self, divisor: int) -> LoadedImage:
        """The picture with its sides divided by a whole number: the means of blocks."""
        alpha = None if self.alpha is None else block_means(self.alpha, divisor)
        return replace(self, image=block_means(self.image, divisor), alpha=alpha)


@dataclass(frozen=True)
class DecodedSamples:
    """Decoded sRGB samples, rows by columns by 1 or 3, and the coverage: uint8, uint16, or float in [0, 1]."""

    color: NDArray[Any]
    alpha: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()
    bits: int = 8

    def with_notes(self, *notes: str) -> DecodedSamples:
        """The same, with more to tell about it."""
        return replace(self, notes=(*notes, *self.notes))

    def to_image(self, name: str) -> LoadedImage:
        """The samples as a picture, transparent parts painted under."""
        alpha = None if self.alpha is None else _planes(self.alpha[..., None])
        return LoadedImage.of(_planes(self.color), alpha, self.notes, self.bits, name)


def _planes(samples: NDArray[Any]) -> Tensor:
    """Channels first, batch of one, float32 in [0, 1]: a copy."""
    whole = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1
    planes = np.array(np.moveaxis(samples, -1, 0), dtype=np.float32, order="C")
    planes /= whole
    return torch.from_numpy(planes)[None]
