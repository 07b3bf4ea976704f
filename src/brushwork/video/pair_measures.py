"""Measures of a film's frames: warp error, long-term error, sharpness, stillness, motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.images.geometry import Size
from brushwork.images.occlusion import is_inconsistent
from brushwork.images.warp import (
    Coordinates,
    Flow,
    compose,
    identity_coordinates,
    lies_inside,
    sample,
    to_coordinates,
    warp,
)
from brushwork.types import Image

_STILL_FLOW, _STILL_CHANGE = 0.05, 1 / 255
"""Motion in pixels per frame, and change of the clip, below which a pixel is still."""
_LOST = 0.05
"""Share of visible pixels below which an earlier frame counts as lost."""


def hidden_pixels(flow: Flow, backward: Flow) -> Tensor:
    """Return where a flow leads to hidden pixels, or out of the picture; (1, 1, h, w), bool.

    Source: Lai et al., 1808.00449, section 4.1, after Ruder et al.; boundaries by forward differences.
    """
    across = F.pad(flow.diff(dim=-1), (0, 1))
    down = F.pad(flow.diff(dim=-2), (0, 0, 0, 1))
    boundary = (across.square() + down.square()).sum(1, keepdim=True) > 0.01 * flow.square().sum(
        1, keepdim=True
    ) + 0.002
    return is_inconsistent(flow, backward) | boundary | ~lies_inside(to_coordinates(flow), Size.of(flow))


def warp_error(one: Image, other: Image, flow: Flow, hidden: Tensor) -> float:
    """Return the mean of ‖O_t − warp(O_{t+1})‖² over visible pixels and channels.

    Source: Lai et al., 1808.00449, equation 10.
    """
    return _masked_mean((one - warp(other, flow)).square(), ~hidden)


def _masked_mean(squares: Tensor, visible: Tensor) -> float:
    return float((squares * visible).sum() / (squares.shape[1] * visible.sum()).clamp_min(1))


@dataclass
class LongTerm:
    """An earlier frame, and the positions of its pixels in the current one.

    Flows are composed as coordinates and the current frame is sampled only once, so nothing blurs on the way. A pixel
    that was ever hidden stays excluded.

    Source: Lai et al., 1808.00449, equation 11, for the comparison with the first frame.
    """

    frames: tuple[Image | None, ...]
    """The frame in each of the compared films."""
    coordinates: Coordinates
    visible: Tensor
    age: int = 0

    @classmethod
    def of(cls, frames: tuple[Image | None, ...]) -> LongTerm:
        """Return the tracking of a frame that is still the current one."""
        first = next(one for one in frames if one is not None)
        size = Size.of(first)
        return cls(frames, identity_coordinates(size, first), torch.ones(1, 1, *size, dtype=torch.bool))

    def advance(self, flow: Flow, hidden: Tensor) -> None:
        """Follow the flow from the current frame to the next one."""
        self.visible = self.visible & (sample((~hidden).to(flow), self.coordinates) > 0.5)
        self.coordinates = compose(self.coordinates, to_coordinates(flow))
        self.visible &= lies_inside(self.coordinates, Size.of(flow))
        self.age += 1

    @property
    def is_lost(self) -> bool:
        """Whether hardly anything of the earlier frame is visible any more."""
        return float(self.visible.float().mean()) < _LOST

    def errors(self, frames: tuple[Image | None, ...]) -> list[float | None]:
        """Return the warp error against the current frame in each of the films."""
        return [
            None
            if one is None or other is None
            else _masked_mean((one - sample(other, self.coordinates)).square(), self.visible)
            for one, other in zip(self.frames, frames, strict=True)
        ]


def sharpness(image: Image) -> float:
    """Return the variance of the Laplacian of the mean of the channels."""
    gray = image.mean(1, keepdim=True)
    kernel = gray.new_tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]).view(1, 1, 3, 3)
    return float(F.conv2d(gray, kernel).var())


def stillness(one: Image, other: Image, film: tuple[Image, Image], flow: Flow) -> float | None:
    """Return the mean absolute change where the clip is still; None: it is nowhere still."""
    same = (film[0] - film[1]).abs().amax(1, keepdim=True) < _STILL_CHANGE
    still = (flow.norm(dim=1, keepdim=True) < _STILL_FLOW) & same
    return float((one - other).abs().mean(1, keepdim=True)[still].mean()) if still.any() else None


def motion_difference(flow: Flow, other: Flow) -> float:
    """Return the mean of |u − u'| + |v − v'| in pixels: tOF, the deviation of a result's motion from the clip's.

    Source: Chu et al., 1811.09393, section 5.
    """
    return float((flow - other).abs().sum(1).mean())
