"""Metrics of a stylized film, for each frame and the next one, and for the whole film."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from brushwork.errors import InputError


@dataclass(frozen=True, kw_only=True)
class PairMetrics:
    """Metrics of a frame and the next one."""

    frame: int
    warp_error: float
    """Mean squared difference between a frame and the next one warped to it, over visible pixels; white is 1."""
    film_warp_error: float
    """Warp error of the original clip: the noise floor."""
    against_warp_error: float | None
    """Warp error of the film that the result is compared with, usually one painted frame by frame."""
    long_warp_error: float | None
    """Warp error of the result against the frame eight earlier, by composed flow; for every eighth frame."""
    against_long_warp_error: float | None
    """Long-term warp error of the film that the result is compared with."""
    first_warp_error: float | None
    """Warp error against the first frame of the shot, by composed flow; for every eighth frame."""
    motion: float
    """tOF: mean difference in pixels between the optical flow of the result and that of the original."""
    stillness: float | None
    """Mean absolute change of the result where the original is still; None: it is nowhere still."""
    sharpness: float | None
    """Variance of the Laplacian, relative to the film that the result is compared with."""
    brightness: float
    """Mean value of the frame."""
    likeness: float | None
    """Perceptual distance to the film that the result is compared with."""
    content: float | None
    """Perceptual distance to the original."""
    flicker: float | None
    """tLP: absolute difference of the perceptual distance from a frame to the next one, and the original's."""


@dataclass(frozen=True, kw_only=True)
class FilmMetrics:
    """Metrics of a film, as means over its frames."""

    frames: int
    warp_error: float
    film_warp_error: float
    against_warp_error: float | None
    long_warp_error: float | None
    against_long_warp_error: float | None
    first_warp_error: float | None
    motion: float
    stillness: float | None
    brightness_drift: float
    """Mean brightness of the last tenth of the frames minus that of the first tenth."""
    sharpness: float | None
    likeness: float | None
    content: float | None
    flicker: float | None
    pairs: tuple[PairMetrics, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the metrics as values for JSON."""
        return asdict(self)


def summarize_film(pairs: list[PairMetrics]) -> FilmMetrics:
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
        frames=pairs[-1].frame + 2,
        warp_error=fmean(one.warp_error for one in pairs),
        film_warp_error=fmean(one.film_warp_error for one in pairs),
        against_warp_error=mean("against_warp_error"),
        long_warp_error=mean("long_warp_error"),
        against_long_warp_error=mean("against_long_warp_error"),
        first_warp_error=mean("first_warp_error"),
        motion=fmean(one.motion for one in pairs),
        stillness=mean("stillness"),
        brightness_drift=drift,
        sharpness=mean("sharpness"),
        likeness=mean("likeness"),
        content=mean("content"),
        flicker=mean("flicker"),
        pairs=tuple(pairs),
    )
