"""Metrics of a stylized film: steadiness, and beside it likeness and sharpness, with which steadiness is cheated.

The flow is not that of the jobs: forward instead of backward, at full size, with its own check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from statistics import fmean
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.occlusion import is_inconsistent
from brushwork.images.warp import Flow, lies_inside, to_coordinates, warp
from brushwork.types import Image
from brushwork.video.clip import Clip
from brushwork.video.optical_flow import DisFlow, FlowSource

_STILL_FLOW, _STILL_CHANGE = 0.05, 1 / 255
"""Pixels a frame, and change of the film, below which a pixel is still."""
_LIKENESS_EVERY = 8
"""Frames from one comparison by a network to the next."""

Distance = Callable[[Image, Image], float]
"""Perceptual distance of two images."""


@dataclass(frozen=True, kw_only=True)
class PairMetrics:
    """Metrics of a frame and the next one."""

    frame: int
    warp_error: float
    """Mean squared difference of a frame and the next one warped to it, where nothing is hidden; white is 1."""
    film_warp_error: float
    """The same of the original film: the noise floor."""
    against_warp_error: float | None
    """The same of the film that the result is compared with, mostly one painted frame by frame."""
    stillness: float | None
    """Mean absolute change of the result where the original is still; None: it is still nowhere."""
    sharpness: float | None
    """Variance of the Laplacian, relative to the film that the result is compared with."""
    brightness: float
    """Mean of the frame."""
    likeness: float | None
    """Perceptual distance to the film that the result is compared with."""
    content: float | None
    """Perceptual distance to the original."""


@dataclass(frozen=True, kw_only=True)
class FilmMetrics:
    """Metrics of a film, means over its frames."""

    frames: int
    warp_error: float
    film_warp_error: float
    against_warp_error: float | None
    long_warp_error: float | None
    """The same of frames eight apart, by composed flow."""
    stillness: float | None
    brightness_drift: float
    """Mean brightness of the last tenth of the frames less that of the first tenth."""
    sharpness: float | None
    likeness: float | None
    content: float | None
    pairs: tuple[PairMetrics, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the metrics as JSON values."""
        return asdict(self)


def hidden_pixels(flow: Flow, backward: Flow) -> Tensor:
    """Return where a flow leads to what is hidden, or out of the picture; (1, 1, h, w), bool.

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
    visible = ~hidden
    difference = (one - warp(other, flow)).square() * visible
    return float(difference.sum() / (3 * visible.sum()).clamp_min(1))


def sharpness(image: Image) -> float:
    """Return the variance of the Laplacian of the mean of the channels."""
    gray = image.mean(1, keepdim=True)
    kernel = gray.new_tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]).view(1, 1, 3, 3)
    return float(F.conv2d(gray, kernel).var())


@torch.no_grad()
def evaluate_film(
    result: Clip,
    original: Clip,
    against: Clip | None = None,
    flow: FlowSource | None = None,
    distance: Distance | None = None,
) -> Iterator[PairMetrics]:
    """Yield the metrics of each frame and the next one.

    `flow` takes another flow than that of DIS; `distance` adds perceptual distances, of every eighth frame.

    Raises: InputError: films of different lengths.
    """
    size = result.info.size
    source = flow or DisFlow("best", is_reduced=False)
    before: tuple[Image, Image, Image | None] | None = None
    for number, (own, film, other) in enumerate(_together(result, original, against, size)):
        if before is not None:
            yield _pair(number - 1, before, (own, film, other), source, distance)
        before = own, film, other


def _together(
    result: Clip, original: Clip, against: Clip | None, size: Size
) -> Iterator[tuple[Image, Image, Image | None]]:
    others = (None for _ in iter(int, 1)) if against is None else against.frames()
    for own, film in zip_longest(result.frames(), original.frames(None, size)):
        if own is None or film is None:
            which = original if own is not None else result
            raise InputError(f"{which.info.path} is the shorter film: evaluate a result beside the film it is made of.")
        other = next(others, None)
        yield own.to_image(size), film.to_image(size), None if other is None else other.to_image(size)


def _pair(
    number: int,
    one: tuple[Image, Image, Image | None],
    two: tuple[Image, Image, Image | None],
    source: FlowSource,
    distance: Distance | None,
) -> PairMetrics:
    pair = source(one[1], two[1], (number, number + 1))
    hidden = hidden_pixels(pair.flow, pair.backward)
    errors = [
        None if a is None or b is None else warp_error(a, b, pair.flow, hidden) for a, b in zip(one, two, strict=True)
    ]
    assert errors[0] is not None and errors[1] is not None
    is_due = distance is not None and number % _LIKENESS_EVERY == 0
    return PairMetrics(
        frame=number,
        warp_error=errors[0],
        film_warp_error=errors[1],
        against_warp_error=errors[2],
        stillness=_stillness(one, two, pair.flow),
        sharpness=None if one[2] is None else sharpness(one[0]) / max(sharpness(one[2]), 1e-12),
        brightness=float(one[0].mean()),
        likeness=distance(one[0], one[2]) if is_due and distance and one[2] is not None else None,
        content=distance(one[0], one[1]) if is_due and distance else None,
    )


def _stillness(
    one: tuple[Image, Image, Image | None], two: tuple[Image, Image, Image | None], flow: Flow
) -> float | None:
    still = (flow.norm(dim=1, keepdim=True) < _STILL_FLOW) & (
        (one[1] - two[1]).abs().amax(1, keepdim=True) < _STILL_CHANGE
    )
    if not still.any():
        return None
    return float((one[0] - two[0]).abs().mean(1, keepdim=True)[still].mean())


def summarize_film(pairs: list[PairMetrics], long_warp_error: float | None = None) -> FilmMetrics:
    """Return the means over a film's frames.

    Raises: InputError: there is no pair of frames.
    """
    if not pairs:
        raise InputError("a film of one frame has no pairs to evaluate: give two frames or more.")
    tenth = max(1, len(pairs) // 10)
    drift = fmean(one.brightness for one in pairs[-tenth:]) - fmean(one.brightness for one in pairs[:tenth])

    def mean(name: str) -> float | None:
        known = [value for one in pairs if (value := getattr(one, name)) is not None]
        return fmean(known) if known else None

    return FilmMetrics(
        frames=len(pairs) + 1,
        warp_error=fmean(one.warp_error for one in pairs),
        film_warp_error=fmean(one.film_warp_error for one in pairs),
        against_warp_error=mean("against_warp_error"),
        long_warp_error=long_warp_error,
        stillness=mean("stillness"),
        brightness_drift=drift,
        sharpness=mean("sharpness"),
        likeness=mean("likeness"),
        content=mean("content"),
        pairs=tuple(pairs),
    )
