"""Stylize many frames with the same statistics, so that the style does not change with the content of a frame.

AdaIN and instance normalization use the mean and std of each single frame, so that all colors shift when a dark object
enters the picture. Here, both are measured on some frames of a shot, averaged, and held fixed.

Source: Wang et al., 2001.04786 (sequence-level global feature sharing), for the idea.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import torch
from torch import Tensor

from brushwork.controls.adain import LAYER, ChannelStatistics, channel_statistics
from brushwork.controls.style_file import StyleFile
from brushwork.errors import InputError
from brushwork.feedforward.adain_statistics import StyleEncoder, decode_tiled
from brushwork.feedforward.adain_transfer import AdaINStylizer
from brushwork.feedforward.inference import Stylizer
from brushwork.feedforward.networks.adain import (
    STRIDE,
    apply_affine,
    move_statistics,
)
from brushwork.feedforward.stylize import ModelStylizer
from brushwork.feedforward.tiling.frozen_norm import graph_statistics, stylize_tiled
from brushwork.feedforward.tiling.graph import NormStatisticsValue, UntraceableError
from brushwork.feedforward.tiling.trace import trace_network
from brushwork.images.geometry import Size
from brushwork.types import Feature, Image

FrameStatistics: TypeAlias = tuple[NormStatisticsValue, ...]
"""Mean and variance of the channels at each normalization; empty if the network has none that can be held fixed."""

_TILE = 2**16
"""Side of a tile, larger than any frame: frames are stylized whole."""

Result = TypeVar("Result")


class FrameStylizer(Protocol):
    """A stylizer whose statistics can be held fixed."""

    @property
    def stride(self) -> int:
        """Shift of the input, in pixels, after which the same texture comes out again, shifted."""

    def measure(self, frame: Image) -> FrameStatistics:
        """Return the statistics of one frame."""

    def stylize(self, frame: Image, statistics: FrameStatistics) -> Image:
        """Return a frame stylized with the given statistics, in [0, 1]; if these are empty, with the frame's own."""


def average_statistics(several: Sequence[FrameStatistics]) -> FrameStatistics:
    """Return the mean of the means and that of the variances; motion between frames adds no variance."""
    return blend_frame_statistics(several, [1 / len(several)] * len(several))


def blend_frame_statistics(several: Sequence[FrameStatistics], weights: Sequence[float]) -> FrameStatistics:
    """Return the weighted mean of the means and that of the variances."""
    return tuple(
        NormStatisticsValue(
            sum((weight * one.mean for one, weight in pairs[1:]), pairs[0][1] * pairs[0][0].mean),
            sum((weight * one.variance for one, weight in pairs[1:]), pairs[0][1] * pairs[0][0].variance),
        )
        for norms in zip(*several, strict=True)
        if (pairs := list(zip(norms, weights, strict=True)))
    )


def make_frame_stylizer(stylizer: Stylizer, styles: Sequence[Image | StyleFile], canvas: Size) -> FrameStylizer:
    """Return a stylizer for frames of the given size.

    Raises: InputError: there is no style image, or the stylizer cannot stylize frames.
    """
    if isinstance(stylizer, AdaINStylizer):
        return AdaINFrames.of(stylizer, styles, canvas)
    if isinstance(stylizer, ModelStylizer):
        return ModelFrames(stylizer)
    raise InputError(f"{stylizer.name} cannot stylize films: use --instant, or another model (see `brushwork models`).")


@dataclass(frozen=True)
class AdaINFrames:
    """AdaIN with a style encoded only once."""

    stylizer: AdaINStylizer
    wanted: ChannelStatistics
    stride: int = STRIDE

    @classmethod
    @torch.no_grad()
    def of(cls, stylizer: AdaINStylizer, styles: Sequence[Image | StyleFile], canvas: Size) -> AdaINFrames:
        """Encode the style images for frames of the given size."""
        if not styles:
            raise InputError("no style image was given: give at least one.")
        options = stylizer.options
        style_encoder = StyleEncoder(stylizer.encoder, options, canvas)
        return cls(stylizer, _result(style_encoder.encode_blend(styles, options.style_blend)))

    @torch.no_grad()
    def measure(self, frame: Image) -> FrameStatistics:
        """Return the statistics of one frame; see `FrameStylizer`."""
        own = channel_statistics(self._encode(frame))
        return (NormStatisticsValue(own.mean, own.std.square()),)

    @torch.no_grad()
    def stylize(self, frame: Image, statistics: FrameStatistics) -> Image:
        """Return a frame stylized with the given statistics; see `FrameStylizer`."""
        feature = self._encode(frame)
        own = ChannelStatistics(statistics[0].mean, statistics[0].variance.sqrt()) if statistics else None
        affine = move_statistics(own or channel_statistics(feature), self.wanted, self.stylizer.options.strength)
        restyled = apply_affine(affine, feature)
        return _result(decode_tiled(self.stylizer.decoder, lambda window: window.crop(restyled), Size.of(frame)))

    def _encode(self, frame: Image) -> Feature:
        feature: Feature = self.stylizer.encoder(frame, [LAYER])[LAYER]
        return feature


@dataclass(frozen=True)
class ModelFrames:
    """A style model; if it cannot be traced, it normalizes each frame with the frame's own statistics."""

    stylizer: ModelStylizer

    @property
    def stride(self) -> int:
        """See `FrameStylizer`."""
        return self.stylizer.model.spec.stride

    @torch.no_grad()
    def measure(self, frame: Image) -> FrameStatistics:
        """Return the statistics of one frame; see `FrameStylizer`."""
        try:
            graph = trace_network(self.stylizer.function, frame, self.stylizer.engine)
        except UntraceableError:
            return ()
        return tuple(graph_statistics(graph, frame))

    @torch.no_grad()
    def stylize(self, frame: Image, statistics: FrameStatistics) -> Image:
        """Return a frame stylized with the given statistics; see `FrameStylizer`."""
        function = self.stylizer.function
        if not statistics:
            return self.stylizer.blend(function(frame), frame)
        graph = trace_network(function, frame, self.stylizer.engine)
        *_, drawn = stylize_tiled(graph, frame, list(statistics), _TILE)
        assert isinstance(drawn, Tensor)
        return self.stylizer.blend(drawn, frame)


def _result(steps: Generator[object, None, Result]) -> Result:
    """Run a generator to its end, and return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Result = end.value
            return found
