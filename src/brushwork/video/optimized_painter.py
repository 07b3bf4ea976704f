"""Optimize the frames of a shot, each starting from the previous one moved along the flow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from brushwork.controls.style_file import StyleFile
from brushwork.encoders import Encoder
from brushwork.feedforward.fixed_statistics import FrameStylizer
from brushwork.images.blur import gaussian_blur
from brushwork.images.geometry import Size
from brushwork.images.occlusion import Reliability
from brushwork.images.warp import Flow, lies_inside, to_coordinates, warp
from brushwork.losses.temporal import TemporalLoss
from brushwork.objective import Objective
from brushwork.recipes import Progress, TransferOptions, transfer
from brushwork.types import Image
from brushwork.video.analysis import Shot
from brushwork.video.frame_painter import Painted, ReadFrame
from brushwork.video.frame_store import StoredFrame
from brushwork.video.optical_flow import FlowPair, FlowSource
from brushwork.video.options import OptimizedFilmOptions

_SEAM = 2.0
"""Standard deviation in pixels of the seam between carried and new parts."""
_SEAM_RADIUS = 4


WatchSteps: TypeAlias = Callable[[Progress], None]
"""Called after every optimization step of a frame."""


def ignore_step(_: Progress) -> None:
    """Ignore a step."""


class FrameOptimization(NamedTuple):
    """The optimization of a frame, before its first step."""

    steps: Iterator[Progress]
    reliable: float
    """Share of the flow from the previous frame that is reliable."""


@dataclass
class OptimizedPainter:
    """Optimizes every frame.

    Source: Ruder, Dosovitskiy, Brox, 1604.08610: start from the warped previous frame (4.1), temporal loss (4.2),
    long-term consistency (4.3).
    Differs: later frames have one size and few iterations, since they start textured; where the flow is not trusted,
    they start from the frame stylized by AdaIN, not from the previous frame, unless `warping` is ruder.
    """

    frames: ReadFrame
    styles: Sequence[Image | StyleFile]
    options: TransferOptions
    film_options: OptimizedFilmOptions
    encoder: Encoder
    flow: FlowSource
    fill: FrameStylizer | None = None
    """Stylizes a frame where its flow is not trusted; None: it starts from the clip there."""
    watch: WatchSteps = ignore_step
    _shot: Shot = field(default_factory=lambda: Shot(0, 0))

    @property
    def history(self) -> int:
        """See `FramePainter`."""
        return max(self.film_options.long_term)

    def begin_shot(self, shot: Shot) -> None:
        """See `FramePainter`."""
        self._shot = shot

    def paint(self, index: int, stored: Callable[[int], StoredFrame]) -> Painted:
        """Return a frame of the current shot; see `FramePainter`."""
        optimization = self.make_optimization(index, stored)
        return Painted(self._last(optimization.steps), {}, optimization.reliable)

    def make_optimization(self, index: int, stored: Callable[[int], StoredFrame]) -> FrameOptimization:
        """Return the optimization of a frame of the current shot, with its initial image."""
        own = self.frames(index)
        if index == self._shot.first:
            options = replace(self.options, size="full", iterations=self.film_options.first)
            steps = transfer(own, self.styles, options, encoder=self.encoder)
            return FrameOptimization(self._end_early(steps) if self._stops_as_ruder else steps, 0.0)
        distances = [far for far in self.film_options.long_term if index - far >= self._shot.first]
        past = [index - far for far in distances]
        pairs = [self.flow(own, self.frames(one), (index, one)) for one in past]
        images = [stored(one).image.to(own) for one in past]
        weights = long_term_weights([pair.reliability for pair in pairs])
        extra = self.temporal_objective(images, pairs, weights, distances)
        steps = self._steps(own, self._init(own, images[0], pairs[0]), extra, self.film_options.later)
        return FrameOptimization(steps, float(pairs[0].reliability.mean()))

    def optimize(self, own: Image, init: Image, extra: Objective | None, iterations: int) -> Image:
        """Return a frame optimized at its full size from an initial image, with additional losses."""
        return self._last(self._steps(own, init, extra, iterations))

    def _last(self, steps: Iterator[Progress]) -> Image:
        for last in steps:
            self.watch(last)
        # Later frames follow this one; only the written frame gets its final colors, see `OutputFrames`.
        image: Image = last._replace(finish=None).image.detach()
        return image

    def _steps(self, own: Image, init: Image | None, extra: Objective | None, iterations: int) -> Iterator[Progress]:
        """Return the steps of a frame at its full size from an initial image (None: noise), until it settles."""
        options = replace(self.options, size="full", min_size=0, jitter=0, iterations=iterations)
        if init is None:
            options = replace(options, init="noise")
        steps = transfer(own, self.styles, options, encoder=self.encoder, init=init, extra=extra)
        return self._end_early(steps)

    @property
    def _stops_as_ruder(self) -> bool:
        return self.film_options.stopping == "ruder"

    def _end_early(self, steps: Iterator[Progress]) -> Iterator[Progress]:
        end = until_settled_as_ruder if self._stops_as_ruder else until_settled
        return end(steps, self.film_options.tolerance, self.film_options.patience)

    def _init(self, own: Image, previous: Image, pair: FlowPair) -> Image | None:
        """Return the initial image of a later frame."""
        if self.film_options.warm_start == "random":
            return None
        if self.film_options.warm_start == "previous":
            return previous
        return self.warped_start(own, previous, pair)

    def warped_start(self, own: Image, previous: Image, pair: FlowPair) -> Image:
        """Return an earlier frame moved along the flow to this one, as its initial image."""
        if self.film_options.warping == "ruder":
            return self._warp(previous, pair)
        return carry(self._warp(previous, pair), pair.reliability, self.new_parts(own))

    def _warp(self, image: Image, pair: FlowPair) -> Image:
        if self.film_options.warping == "ruder":
            preprocess = self.encoder.preprocess
            return warp_over(image, pair.flow, preprocess.mean / preprocess.scale)
        return warp(image, pair.flow, "bicubic").clamp_(0, 1)

    def new_parts(self, own: Image) -> Image:
        """Return the image for parts where the flow is not trusted: the frame stylized by AdaIN, or unchanged."""
        return own if self.fill is None else self.fill.stylize(own, ())

    def temporal_objective(
        self, images: Sequence[Image], pairs: Sequence[FlowPair], weights: Sequence[Tensor], names: Sequence[int]
    ) -> Objective:
        """Return γ · Σ_j temporal loss against other frames moved along their flow, with a weight for each pixel.

        `names` are the names of the losses after "temporal:".
        """
        objective = Objective({})
        for image, pair, weight, name in zip(images, pairs, weights, names, strict=True):
            target = self._warp(image, pair)
            loss = TemporalLoss(target, weight, self.squared_white / target[0].numel())
            objective += Objective.single(f"temporal:{name}", loss, self.film_options.temporal_weight)
        return objective

    @property
    def squared_white(self) -> float:
        """The square of white in the unit of the temporal loss.

        The published programs use the units of the network's input; relative losses use [0, 1].
        """
        return 1.0 if self.options.normalization == "relative" else self.options.encoder_scale**2


@torch.no_grad()
def carry(moved: Image, reliability: Reliability, new: Image) -> Image:
    """Return c·moved + (1 − c)·new, with a soft seam."""
    return torch.lerp(new, moved, reliability * gaussian_blur(reliability, _SEAM, _SEAM_RADIUS, "symmetric"))


@torch.no_grad()
def warp_over(image: Image, flow: Flow, background: Tensor) -> Image:
    """Return an image moved along the flow, bilinearly, over a background color where the flow leaves the image.

    Source: `warpImage` in the program of Ruder, Dosovitskiy, Brox, 1604.08610.
    """
    inside = lies_inside(to_coordinates(flow), Size.of(image))
    return torch.where(inside, warp(image, flow), background.to(image))


def until_settled(steps: Iterator[Progress], tolerance: float, patience: int) -> Iterator[Progress]:
    """Yield steps until the loss falls by less than a fraction of itself in `patience` iterations, or rises; 0: all."""
    past: deque[float] = deque(maxlen=patience + 1)
    for progress in steps:
        yield progress
        past.append(float(progress.step.losses.total))
        if tolerance and len(past) > patience and past[0] - past[-1] < tolerance * abs(past[0]):
            return


def until_settled_as_ruder(steps: Iterator[Progress], tolerance: float, patience: int) -> Iterator[Progress]:
    """Yield steps until the loss changes by less than a fraction of itself from one multiple of `patience` to the next.

    The loss excludes total variation; steps are those of the optimizer at the full size. Tolerance 0: all steps.

    Source: `tolFunRelative` in lbfgs.lua of the program of Ruder, Dosovitskiy, Brox, 1604.08610.
    """
    past: float | None = None
    taken = -1  # the start is yielded first
    for progress in steps:
        yield progress
        taken += progress.level == len(progress.levels) - 1
        if taken > 0 and taken % patience == 0:
            loss = sum(float(value) for name, value in progress.step.losses.terms.items() if name != "tv")
            if past is not None and abs(loss - past) < tolerance * past:
                return
            past = loss


def long_term_weights(weights: list[Reliability]) -> list[Reliability]:
    """Return c_long of each frame, nearest first: max(c_j − Σ_{k nearer} c_k, 0), so that only the nearest one counts.

    Source: Ruder et al., 1604.08610, equation 9.
    Differs: the program subtracts already reduced weights, which is the same for weights of 0 and 1.
    """
    taken = torch.zeros_like(weights[0])
    found = []
    for one in weights:
        found.append((one - taken).clamp_min(0))
        taken = taken + one
    return found
