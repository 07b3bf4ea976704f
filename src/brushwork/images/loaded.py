"""An image that was read, with its alpha channel, bit depth and notes for the user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import block_means
from brushwork.types import Feature, Image

IN_MEMORY = "picture in memory"

_WHITE = 1.0

LAB_NOTE = "converted from Lab to sRGB"


@dataclass(frozen=True)
class LoadedImage:
    """An image that was read, ready for style transfer.

    `image` is display-referred sRGB in [0, 1]. Where the source was transparent, it shows the surrounding colors
    (`composite_over_inpainted`), so that colors hidden in the file do not reach the result.
    """

    image: Image
    alpha: Float[Tensor, "1 1 _ _"] | None
    """Coverage in [0, 1], or None for an image that is opaque everywhere."""
    notes: tuple[str, ...]
    """What the user should know about how the source was read."""
    bits: int
    """8, or 16 if the source has more than 8 bits a sample; 8 for float tensors and arrays, which do not say."""
    name: str
    """The file's name, or "picture in memory"."""

    @classmethod
    def of(cls, color: Tensor, alpha: Tensor | None, notes: tuple[str, ...], bits: int, name: str) -> Self:
        """Return the image of 1 or 3 color planes in [0, 1], with transparent parts filled in."""
        image = repeat_gray(color)
        if alpha is None or alpha.min() >= 1:
            return cls(image, None, notes, bits, name)
        if alpha.max() == 0:
            notes = (*notes, "fully transparent: read as white")
        return cls(composite_over_inpainted(image, alpha), alpha, notes, bits, name)

    @property
    def size(self) -> Size:
        return Size.of(self.image)

    def reduce(self, divisor: int) -> LoadedImage:
        """Return the image with its sides divided by an integer, each pixel the mean of a block."""
        alpha = None if self.alpha is None else block_means(self.alpha, divisor)
        return replace(self, image=block_means(self.image, divisor), alpha=alpha)


@dataclass(frozen=True)
class DecodedSamples:
    """Decoded sRGB samples, rows × columns × 1 or 3, and alpha: uint8, uint16, or float in [0, 1]."""

    color: NDArray[Any]
    alpha: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()
    bits: int = 8

    def with_notes(self, *notes: str) -> DecodedSamples:
        """Return the same samples, with more notes for the user in front."""
        return replace(self, notes=(*notes, *self.notes))

    def to_image(self, name: str) -> LoadedImage:
        """Return the samples as an image, with transparent parts filled in."""
        alpha = None if self.alpha is None else to_planes(self.alpha[..., None])
        return LoadedImage.of(to_planes(self.color), alpha, self.notes, self.bits, name)


def to_planes(samples: NDArray[Any]) -> Tensor:
    """Return a copy of samples (rows × columns × channels) with channels first, a batch of one, float32 in [0, 1]."""
    whole = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1
    planes = np.array(np.moveaxis(samples, -1, 0), dtype=np.float32, order="C")
    planes /= whole
    return torch.from_numpy(planes)[None]


def repeat_gray(color: Tensor) -> Image:
    """Return three channels: as given, or one gray channel repeated."""
    return color.repeat(1, 3, 1, 1) if color.shape[1] == 1 else color


def composite_over_inpainted(image: Image, alpha: Feature) -> Image:
    """Return the image over a smooth continuation of its own visible colors: α c + (1-α) s.

    The color c under α = 0 is meaningless, and often black or noise; white would draw an outline that is not in the
    image. s is filled in from the visible surroundings; nearer pixels weigh more. It is white where nothing is visible
    at all.

    Source: the pull-push pyramid of Gortler et al. 1996, The lumigraph, section 3.4.
    """
    return _fill_from_coarser(image * alpha, alpha).clamp(0, 1)


def _fill_from_coarser(weighted: Tensor, weight: Tensor) -> Tensor:
    """Fill up weighted colors whose weight is below 1 from the next coarser level.

    `weighted` is color times weight, with weights in [0, 1].
    """
    if weight.min() >= 1:
        return weighted
    if max(weight.shape[-2:]) == 1:
        return weighted + (1 - weight) * _WHITE if weight.max() == 0 else weighted / weight
    coarse = _fill_from_coarser(*_halve(weighted, weight))
    below = F.interpolate(coarse, weight.shape[-2:], mode="bilinear", align_corners=False)
    return torch.addcmul(weighted, 1 - weight, below)


def _halve(weighted: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return sums over 2×2 pixels; weights above 1 count as 1, so that thin lines keep their color."""
    odd = (0, weight.shape[-1] % 2, 0, weight.shape[-2] % 2)
    colors, known = (4 * F.avg_pool2d(F.pad(plane, odd), 2) for plane in (weighted, weight))
    return colors / known.clamp(min=1), known.clamp(max=1)


def frames_note(frames: int, used: int = 0) -> tuple[str, ...]:
    """Return a note that only one image of a file with several is used (`used` counts from 0); empty for one frame."""
    if frames <= 1:
        return ()
    return (f"{frames} frames: only {'the first' if used == 0 else f'number {used + 1}'} is used",)


def damaged_file_error(name: str, error: BaseException) -> InputError:
    """Return the error for a file that a decoder gave up on, with the decoder's reason."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{name} is damaged or cut short, and cannot be decoded ({reason}): get the file again.")
