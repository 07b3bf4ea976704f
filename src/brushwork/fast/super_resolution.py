"""The super-resolution network of Johnson, Alahi and Fei-Fei: a picture larger, in one pass.

Source: 1603.08155, section 4.2 and supplement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from torch import nn

from brushwork.errors import InputError
from brushwork.fast.johnson import REACH, SMALLEST, mirrored, require_settings
from brushwork.fast.layers import CROP, Border, Norm, Stage, Upsampling, blocks, convolution, larger, registered, run
from brushwork.picture.window import Size
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class SuperResolution:
    """Settings of a network that makes pictures larger."""

    factor: int = 4
    """How many times larger: 2, 4 or 8 (the paper: 4 and 8)."""

    width: int = 64
    """Channels of every layer."""

    blocks: int = 4
    """Residual blocks; 1 or more."""

    norm: Norm = "batch"
    """Batch norm, as the paper; instance norm loses what a picture's contrast was."""

    upsampling: Upsampling = "transposed"
    """How maps become larger: transposed convolutions, as the paper, or nearest neighbors and a convolution."""

    border: Border = "zeros"
    """What the convolutions that keep their map's size see beyond it."""

    def __post_init__(self) -> None:
        require_settings(self.width, self.blocks, self.norm, self.upsampling, self.border)
        if self.factor not in (2, 4, 8):
            raise InputError(f"factor is {self.factor}: it must be 2, 4 or 8.")


class SuperResolutionNetwork(nn.Module):
    """c9s1-w, Rw × blocks, uw × log₂ factor, c9s1-3, tanh. Source: 1603.08155, supplement, table 2."""

    def __init__(self, settings: SuperResolution) -> None:
        super().__init__()
        self.settings = settings
        self._stages = _larger_stages(settings)
        self.layers = registered(self._stages)

    @property
    def margin(self) -> int:
        """Pixels that are mirrored on each side."""
        return self.settings.blocks * CROP

    def stages(self) -> Sequence[Stage]:
        """The steps after `framed` and before `shown`: local ones, and norms."""
        return self._stages

    def framed(self, image: Image) -> Image:
        """What the first stage takes: centered about gray, and mirrored at the border."""
        return mirrored(image, self.margin, 1, -(-SMALLEST // self.settings.factor)) - 0.5

    def shown(self, last: Image, size: Size) -> Image:
        """From the last stage to a picture, by tanh; `size` is the small picture's."""
        height, width = (side * self.settings.factor for side in size)
        return 0.5 + REACH * last[..., :height, :width].tanh()

    def forward(self, image: Image) -> Image:
        """The picture `factor` times as large, nominally in [0, 1]."""
        return self.shown(run(self.stages(), self.framed(image)), Size.of(image))


def _larger_stages(settings: SuperResolution) -> list[Stage]:
    w, norm, border = settings.width, settings.norm, settings.border
    doublings = settings.factor.bit_length() - 1
    ups = (larger(f"up{n}", norm, w, w, settings.upsampling, border) for n in range(1, doublings + 1))
    return [
        *convolution("first", norm, 3, w, 9, border=border),
        *blocks(settings.blocks, norm, w, "first_relu"),
        *chain.from_iterable(ups),
        Stage("last", nn.Conv2d(w, 3, 9, padding=4, padding_mode=border)),
    ]
