"""Options of a film: its temporal consistency, the choice of its frames, and their optimization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import inf
from typing import Any, Literal, TypeAlias

from brushwork.choices import FlowCheck
from brushwork.options import check_options, require_option

StatisticsOver: TypeAlias = Literal["shot", "window", "frame"]
CodecName: TypeAlias = Literal["h264", "hevc", "av1", "vp9", "prores", "ffv1"]
Chroma: TypeAlias = Literal["420", "444"]


@dataclass(frozen=True, kw_only=True)
class FilmOptions:
    """Options for the temporal consistency of a film."""

    consistency: float = 0.5
    """How far each frame takes its colors from the previous one, along the optical flow: 0 not at all, 1 as far as
    possible, at the cost of sharpness. Models and AdaIN only."""

    statistics: StatisticsOver = "shot"
    """Frames over which a network normalizes: those of the whole shot (shot); a sliding window of a second (window),
    for changing light; or each frame by itself (frame), which flickers. Models and AdaIN only."""

    align: bool = True
    """Let the network's grid follow the motion of the picture, so that its texture does not swim. Models and AdaIN
    only."""

    denoise: bool = True
    """Remove film noise from the frames along the flow before stylizing them. Models and AdaIN only."""

    flow: str = "dis"
    """Optical flow: dis (OpenCV's dense inverse search), none, or a folder of .flo files."""

    cuts: str = "auto"
    """Where shots begin: auto detects the cuts, none takes the film as one shot, and a file lists the first frame of
    each shot, counted from 0."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.consistency <= 1, "consistency", self.consistency, "from 0 to 1")


ONE_PASS_OPTIONS = ("consistency", "statistics", "align", "denoise")
"""The options of a film that only models and AdaIN have."""

KEYFRAMES_TAKE: Mapping[str, Any] = {"passes": 1, "long_term": (1,), "warm_start": "warped"}
"""Options of an optimized film that can have only this value if key frames are optimized."""


@dataclass(frozen=True, kw_only=True)
class OptimizedFilmOptions:
    """Options for successive frames that are optimized."""

    first: int = 200
    """Iterations of the first frame of each shot, which begins like a single image; 1 or more."""

    later: int = 40
    """Maximum iterations of each later frame, which begins from the previous one; 1 or more."""

    temporal_weight: float = 100.0
    """Weight of the temporal loss, the distance to the previous frame along the flow where the flow is reliable; 0 or
    more."""

    tolerance: float = 1e-3
    """A frame ends early if its loss changes by less than this fraction over `--patience` iterations, as --stopping
    defines; 0: never."""

    patience: int = 10
    """Iterations over which --tolerance compares the loss; 1 or more."""

    long_term: tuple[int, ...] = (1,)
    """Distances of the earlier frames that a frame is compared with, nearest first; 1 2 4 8 also remember parts that
    were hidden for some frames."""

    keyframes: int = 0
    """Optimize only every so many frames, and those of which more than 8 % is visible in neither key frame beside them;
    carry the others along the flow from both sides; 0: optimize all."""

    passes: int = 1
    """Passes over each shot, alternately forwards and backwards: 2 or 3 repair parts that appear from behind objects
    and at the borders; each takes about a third of the first one's time."""

    warm_start: Literal["warped", "previous", "random"] = "warped"
    """Starting point of later frames: the previous one moved along the flow (warped), the previous one as it is
    (previous), or noise, as in the paper's comparison (random)."""

    reliability: FlowCheck = "strict"
    """Where the flow is trusted: as checked in three ways (strict), or as the authors' program checks it (ruder)."""

    warping: Literal["filled", "ruder"] = "filled"
    """How the previous frame is moved along the flow: bicubically, with AdaIN where the flow is not trusted (filled);
    or bilinearly, with the network's mean beyond the border and nothing else filled, as in the authors' program
    (ruder)."""

    stopping: Literal["sliding", "ruder"] = "sliding"
    """Which frames end early: later ones, if the loss falls by less than --tolerance over any `--patience` iterations,
    or rises (sliding); or all, if the loss neither falls nor rises by more from one multiple of `--patience` iterations
    to the next, as in the authors' program (ruder)."""

    def __post_init__(self) -> None:
        check_options(self)
        for name in ("first", "later", "patience"):
            require_option(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        for name in ("temporal_weight", "tolerance"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")
        require_option(self.passes >= 1, "passes", self.passes, "1 or more")
        require_option(self.keyframes >= 0, "keyframes", self.keyframes, "0 or more")
        for name, only in KEYFRAMES_TAKE.items() if self.keyframes > 1 else ():
            given, shown = getattr(self, name), ", ".join(map(str, only)) if isinstance(only, tuple) else only
            require_option(given == only, name, given, f"{shown} where --keyframes is given")
        apart = bool(self.long_term) and all(a < b for a, b in zip((0, *self.long_term), self.long_term, strict=False))
        require_option(apart, "long_term", self.long_term, "growing whole numbers of 1 or more")


def require_rate(rate: float | Fraction) -> None:
    """Raise an InputError if a number is not a frame rate."""
    require_option(0.001 <= rate < 1000, "rate", rate, "at least 0.001 and below 1000 frames a second")


@dataclass(frozen=True)
class FrameSelection:
    """The choice of the frames that are painted."""

    start: float | None = None
    """Time at which the film begins, in seconds."""
    end: float | None = None
    """Time before which the film ends, in seconds."""
    every: int = 1
    """Take one of every so many frames."""
    rate: Fraction | float | None = None
    """Frames per second, kept as a fraction; None: the clip's."""

    def __post_init__(self) -> None:
        check_options(self)
        start = self.start or 0
        require_option(0 <= start < inf, "start", self.start, "0 or more seconds, and finite")
        is_after = self.end is None or start < self.end < inf
        require_option(is_after, "end", self.end, f"after the start, {start} seconds, and finite")
        require_option(self.every >= 1, "every", self.every, "1 or more")
        if self.rate is not None:
            require_rate(self.rate)
            object.__setattr__(self, "rate", Fraction(str(self.rate)))  # 29.97 as written; the dataclass is frozen

    def to_json(self) -> dict[str, Any]:
        """Return the selection as values for JSON."""
        return {**asdict(self), "rate": str(self.rate)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FrameSelection:
        """Return the selection with these JSON values; the inverse of `to_json`."""
        return cls(**{**data, "rate": None if data["rate"] == "None" else Fraction(data["rate"])})

    @property
    def is_whole(self) -> bool:
        """Whether the clip is painted from its beginning to its end."""
        return self.start is None and self.end is None
