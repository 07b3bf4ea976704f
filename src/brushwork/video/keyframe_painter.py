"""Optimize key frames, and carry them along the flow to the frames between them, from both sides."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.images.blur import gaussian_blur
from brushwork.images.warp import warp
from brushwork.types import Image
from brushwork.video.analysis import Shot
from brushwork.video.frame_painter import Painted
from brushwork.video.frame_store import FrameStore, StoredFrame, round_image
from brushwork.video.optical_flow import FlowPair
from brushwork.video.optimized_painter import OptimizedPainter

_WINDOW = 31
"""Side in pixels of the square window for means and variances."""
_SEAM, _SEAM_RADIUS = 2.0, 4
_LEAST = 1e-3
_MOST_GAIN = 2**0.5
"""Maximum gain: that of two unrelated textures in equal shares."""


@dataclass
class KeyframePainter:
    """Paints key frames by optimization, and each frame between them from its two key frames.

    Every key frame starts from the one before, carried by the flow, with the temporal loss against it. A frame between
    two key frames blends both, warped, with weights that fall with the distance; where neither can be trusted, it is
    stylized by AdaIN.
    """

    painter: OptimizedPainter
    schedule: Sequence[int]
    """Indices of the key frames, in order: the first and the last frame of each shot, and others between them."""
    store: FrameStore
    """Key frames painted before the frames that lead to them."""
    bits: int
    _shot: Shot = field(default_factory=lambda: Shot(0, 0))

    @property
    def history(self) -> int:
        """See `FramePainter`."""
        return max((after - before for before, after in pairwise(self.schedule)), default=1)

    def begin_shot(self, shot: Shot) -> None:
        """See `FramePainter`."""
        self._shot = shot
        self.painter.begin_shot(shot)

    def paint(self, index: int, stored: Callable[[int], StoredFrame]) -> Painted:
        """Return a frame of the current shot; see `FramePainter`."""
        if index == self._shot.first:
            return self.painter.paint(index, stored)
        place = bisect_left(self.schedule, index)
        before, after = self.schedule[place - 1 : place + 1]
        if index == after:
            key = self._key(index, before, stored)
            self.store.pop(index, None)
            return Painted(key, {}, 1.0)
        return self._between(index, (before, stored(before).image), (after, self._key(after, before, stored)))

    def _key(self, index: int, before: int, stored: Callable[[int], StoredFrame]) -> Image:
        """Return a key frame, either stored or optimized from the one before."""
        if index not in self.store:
            own, previous = self.painter.frames(index), stored(before).image
            pair = self.painter.flow(own, self.painter.frames(before), (index, before))
            extra = self.painter.temporal_objective([previous.to(own)], [pair], [pair.reliability], (1,))
            init = self.painter.warped_start(own, previous.to(own), pair)
            image = self.painter.optimize(own, init, extra, self.painter.film_options.later)
            self.store[index] = StoredFrame(round_image(image, self.bits), {})
        return self.store[index].image

    def _between(self, index: int, before: tuple[int, Image], after: tuple[int, Image]) -> Painted:
        own = self.painter.frames(index)
        pairs = [self.painter.flow(own, self.painter.frames(key), (index, key)) for key, _ in (before, after)]
        share = (index - before[0]) / (after[0] - before[0])
        images = [before[1].to(own), after[1].to(own)]
        image, certain = blend_carried(images, pairs, (1 - share, share))
        soft = certain * gaussian_blur(certain, _SEAM, _SEAM_RADIUS, "symmetric")
        filled = torch.lerp(self.painter.new_parts(own), image, soft) if certain.min() < 1 else image
        return Painted(filled, {}, float(certain.mean()))


@torch.no_grad()
def blend_carried(images: list[Image], pairs: list[FlowPair], shares: tuple[float, float]) -> tuple[Image, Tensor]:
    """Return the blend of images carried by their flows, and where at least one of them can be trusted.

    The blend is Σ a·μ + g·Σ a·(W − μ), with W the warped images, μ their means over 31×31 pixels, and a the
    reliabilities times the shares, divided by their sum. A plain blend of two different textures loses contrast; the
    gain g gives it their own variance, Σ a·(W − μ)², over the same squares.
    """
    carried = [warp(image, pair.flow, "bicubic").clamp_(0, 1) for image, pair in zip(images, pairs, strict=True)]
    weights = [pair.reliability * share for pair, share in zip(pairs, shares, strict=True)]
    total = sum(weights[1:], weights[0])
    parts = [weight / total.clamp_min(_LEAST) for weight in weights]
    means = [_local_mean(image) for image in carried]
    mean, detail, variance = (torch.zeros_like(carried[0]) for _ in range(3))
    for image, own, part in zip(carried, means, parts, strict=True):
        mean += part * own
        detail += part * (image - own)
        variance += part * (image - own).square()
    wanted, there = (_local_mean(one.mean(1, keepdim=True)) for one in (variance, detail.square()))
    gain = wanted / there.clamp_min(_LEAST**2)
    certain = torch.stack([pair.reliability for pair in pairs]).amax(0)
    return (mean + gain.sqrt().clamp(1, _MOST_GAIN) * detail).clamp_(0, 1), certain


def _local_mean(image: Image) -> Image:
    half = _WINDOW // 2
    padded = F.pad(image, (half, half, half, half), mode="replicate")
    return F.avg_pool2d(padded, _WINDOW, 1)
