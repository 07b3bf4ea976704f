"""Optical flow between frames, in both directions, with its reliability."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from brushwork.choices import FlowCheck
from brushwork.images.color import luma
from brushwork.images.geometry import Size, fit_size
from brushwork.images.occlusion import Reliability, dis_reliability, ruder_reliability
from brushwork.images.resample import resize
from brushwork.images.warp import Flow, resize_flow
from brushwork.types import Image
from brushwork.video.opencv_threads import on_one_thread
from brushwork.video.optional_imports import import_video

FlowQuality: TypeAlias = Literal["fast", "medium", "best"]

_LARGEST = 540
"""Maximum short side in pixels at which flow is computed; larger frames are downsampled."""
_SMALLEST = 16
"""Minimum side for which DIS has a level; smaller frames have no flow."""


class FlowPair(NamedTuple):
    """The flow from a frame to another one and back, and the reliability of the first."""

    flow: Flow
    """Flow from the frame to the other, which warps the other to this one."""
    backward: Flow
    reliability: Reliability


class FlowSource(Protocol):
    """Computes the flow between two frames of a clip, on the frames' device."""

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int]) -> FlowPair:
        """Return the flow from one frame to another; `numbers` are their numbers in the film."""


def check_flow(flow: Flow, backward: Flow, own: Image, other: Image, check: FlowCheck) -> FlowPair:
    """Return the flow between two frames, with the reliability that a check finds."""
    if check == "ruder":
        return FlowPair(flow, backward, ruder_reliability(flow, backward))
    return FlowPair(flow, backward, dis_reliability(flow, backward, own, other))


class DisFlow(NamedTuple):
    """Flow by dense inverse search, without trained weights.

    Source: Kroeger et al., 1603.03590, as in OpenCV.
    """

    quality: FlowQuality = "medium"
    check: FlowCheck = "strict"
    """Check that determines the reliability: `dis_reliability`, or `ruder_reliability`, without the frames' colors."""
    is_reduced: bool = True
    """Whether frames whose short side has more than 540 pixels are downsampled to that."""

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int] = (0, 0)) -> FlowPair:
        """Return the flow from one frame to another; see `FlowSource`."""
        size = Size.of(own)
        if min(size) < _SMALLEST:
            return NoFlow()(own, other, numbers)
        lines = min(_LARGEST, min(size)) if self.is_reduced else min(size)
        reduced = fit_size(size, lines, measure="short")
        one, two = (_gray(image, reduced) for image in (own, other))
        flow, backward = (self._follow(*pair, size).to(own) for pair in ((one, two), (two, one)))
        return check_flow(flow, backward, own, other, self.check)

    def _follow(self, one: NDArray[Any], two: NDArray[Any], size: Size) -> Flow:
        """Return the flow from one gray picture to another, for frames of the given size; on the CPU."""
        with on_one_thread():
            flow = torch.from_numpy(_dis(self.quality).calc(one, two, None))
        return resize_flow(flow.permute(2, 0, 1)[None].contiguous(), size)


class NoFlow(NamedTuple):
    """No flow: nothing moves, and nothing can be trusted."""

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int] = (0, 0)) -> FlowPair:
        """Return no motion, with reliability 0; see `FlowSource`."""
        still = own.new_zeros(1, 2, *Size.of(own))
        return FlowPair(still, still, own.new_zeros(1, 1, *Size.of(own)))


@cache
def _dis(quality: FlowQuality) -> Any:
    """Return OpenCV's algorithm."""
    cv2 = import_video("cv2")
    preset = cv2.DISOPTICAL_FLOW_PRESET_FAST if quality == "fast" else cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
    dis = cv2.DISOpticalFlow_create(preset)
    if quality == "best":
        dis.setFinestScale(0)
    return dis


def _gray(image: Image, size: Size) -> NDArray[Any]:
    """Return the luma in 8 bits, the input of DIS."""
    gray = luma(resize(image, size, clamp=True))[0, 0]
    levels: NDArray[Any] = (gray * 255).round().to(torch.uint8).cpu().numpy()
    return np.ascontiguousarray(levels)
