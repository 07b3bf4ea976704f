"""Metrics of a stylized film, for each frame and the next one, and for the whole."""

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
    """Mean squared difference of a frame and the next one warped to it, where nothing is hidden; white is 1."""
    film_warp_error: float
    """The same of the original film: the noise floor."""
    against_warp_error: float | None
    """The same of the film that the result is compared with, mostly one painted frame by frame."""
    long_warp_error: float | None
    """The warp error of the result against the frame eight before, by composed flow; of every eighth frame."""
    against_long_warp_error: float | None
    """The same of the film that the result is compared with."""
    first_warp_error: float | None
    """The warp error against the first frame of the shot, by composed flow; of every eighth frame."""
    motion: float
    """tOF: mean difference in pixels of the result's own optical flow and that of the original."""
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
    flicker: float | None
    """tLP: perceptual distance from a frame to the next one, less that of the original."""


@dataclass(frozen=True, kw_only=True)
class FilmMetrics:
    """Metrics of a film, means over its frames."""

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
    """Mean brightness of the last tenth of the frames less that of the first tenth."""
    sharpness: float | None
    likeness: float | None
    content: float | None
    flicker: float | None
    pairs: tuple[PairMetrics, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the metrics as JSON values."""
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
