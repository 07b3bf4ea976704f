"""Optimize the frames of a shot several times, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from brushwork.images.geometry import Size
from brushwork.types import Image
from brushwork.video.analysis import Shot
from brushwork.video.events import PassFrame
from brushwork.video.frame_painter import Painted
from brushwork.video.frame_store import FrameStore, FrameStores, StoredFrame, round_image
from brushwork.video.keyframe_painter import blend_carried
from brushwork.video.optical_flow import FlowPair
from brushwork.video.optimized_painter import OptimizedPainter

AGAIN = 15
"""Maximum iterations of a frame in a later pass, which starts near the optimum."""
_SHARE = 0.5
"""Share of the neighbor in a frame's initial image where its flow is reliable: δ = 1 in the authors' program."""


@dataclass
class MultipassPainter:
    """Paints a shot in passes: the first forwards, the second backwards, and so on.

    From the second pass on, a frame starts from its last version blended with its neighbor behind, moved along the
    flow, and has the temporal loss against both neighbors: the one behind from this pass, the one ahead from the last
    pass. So content that is right on one side of a moving object, or at one border, also reaches the frames on the
    other side.

    Source: Ruder, Dosovitskiy, Brox, 1604.08610, section 4.4.
    Differs: the first pass is the one-pass program, not frames by themselves, so two or three passes suffice; the blend
    keeps the contrast of both images.
    """

    painter: OptimizedPainter
    passes: int
    stores: FrameStores
    bits: int
    history: int = 1
    _shot: Shot = field(default_factory=lambda: Shot(0, 0))

    def begin_shot(self, shot: Shot) -> None:
        """See `FramePainter`."""
        self._shot = shot
        self.painter.begin_shot(shot)

    def paint(self, index: int, stored: Callable[[int], StoredFrame]) -> Painted:
        """Return a frame of the current shot, after all passes; see `FramePainter`."""
        for _ in self.run_passes():
            pass
        return Painted(self._open_kept(self.passes)[index].image, {}, 1.0)

    def run_passes(self) -> Iterator[PassFrame]:
        """Paint the missing frames of all passes of the current shot, and yield each."""
        done = max((number for number in range(1, self.passes + 1) if len(self._open_kept(number))), default=1)
        for number in range(done, self.passes + 1):
            kept = self._open_kept(number)
            frames = range(*self._shot) if number % 2 else range(*self._shot)[::-1]
            for index in frames:
                if index not in kept:
                    began = monotonic()
                    image = self._first(index) if number == 1 else self._again(index, number, frames.step)
                    kept[index] = StoredFrame(round_image(image, self.bits), {})
                    yield PassFrame(number, self.passes, index, monotonic() - began)
            if number > 1:
                self._open_kept(number - 1).clear()

    def _open_kept(self, number: int) -> FrameStore:
        return self.stores(f"shot{self._shot.first}.pass{number}")

    def _first(self, index: int) -> Image:
        return self.painter.paint(index, self._open_kept(1).__getitem__).image

    def _again(self, index: int, number: int, step: int) -> Image:
        """Return a frame optimized again, starting from itself and the neighbor behind."""
        own = self.painter.frames(index)
        before = self._open_kept(number - 1)[index].image.to(own)
        behind = self._neighbor(own, index, index - step, self._open_kept(number))
        ahead = self._neighbor(own, index, index + step, self._open_kept(number - 1))
        init = before if behind is None else _blend(before, *behind)
        neighbors = [one for one in (behind, ahead) if one is not None]
        images, pairs = [image for image, _ in neighbors], [pair for _, pair in neighbors]
        weights = [pair.reliability for pair in pairs]
        extra = self.painter.temporal_objective(images, pairs, weights, range(len(neighbors)))
        return self.painter.optimize(own, init, extra, min(AGAIN, self.painter.film_options.later))

    def _neighbor(self, own: Image, index: int, other: int, kept: FrameStore) -> tuple[Image, FlowPair] | None:
        if not self._shot.first <= other < self._shot.end:
            return None
        pair = self.painter.flow(own, self.painter.frames(other), (index, other))
        return kept[other].image.to(own), pair


def _blend(before: Image, behind: Image, pair: FlowPair) -> Image:
    """Return (x + c·w)/(1 + c) with the contrast of both images; w is the neighbor moved along the flow."""
    still = before.new_zeros(1, 2, *Size.of(before))
    itself = FlowPair(still, still, before.new_ones(1, 1, *Size.of(before)))
    return blend_carried([before, behind], [itself, pair], (1 - _SHARE, _SHARE))[0]
