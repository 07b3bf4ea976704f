"""Films (1604.08610): four starting points for each frame, and the steadiness of the films."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from statistics import fmean

import torch

from brushwork.experiments.context import ExperimentContext, fingerprint_of
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    format_named_values,
    is_increasing,
)
from brushwork.images import Size, fit_size, resize
from brushwork.images.occlusion import ruder_reliability
from brushwork.options import ScheduleLevel
from brushwork.recipes import Progress, TransferOptions
from brushwork.types import Image
from brushwork.video.analysis import Shot
from brushwork.video.frame_store import StoredFrame, round_image
from brushwork.video.optical_flow import DisFlow, FlowPair, FlowSource
from brushwork.video.optimized_painter import OptimizedPainter
from brushwork.video.options import OptimizedFilmOptions
from brushwork.video.pair_measures import hidden_pixels, warp_error
from brushwork.video.presets import load_film_preset

SEEDS = 3
ITERATIONS = 1000
"""Maximum for each frame, which ends when its loss has settled."""
FRAMES, MOTION = 4, (5, 3)
"""Frames of a pan over the photograph, if no clip is given, and the motion of each in pixels (x, y)."""
_BITS = 8

TEMPORAL, WARPED, PREVIOUS, RANDOM = "temporal loss", "warped start", "previous frame", "random start"
_PRESET, _FILM_OPTIONS = load_film_preset("ruder-2016")
STARTS = {
    TEMPORAL: _FILM_OPTIONS,
    WARPED: replace(_FILM_OPTIONS, temporal_weight=0.0),
    PREVIOUS: replace(_FILM_OPTIONS, temporal_weight=0.0, warm_start="previous"),
    RANDOM: replace(_FILM_OPTIONS, temporal_weight=0.0, warm_start="random"),
}


@dataclass(frozen=True)
class PanFlow:
    """The true flow of a pan."""

    def __call__(self, own: Image, other: Image, numbers: tuple[int, int]) -> FlowPair:
        """Return the flow from one frame to another; see `FlowSource`."""
        far = numbers[0] - numbers[1]
        flow = own.new_tensor(MOTION).mul(far).view(1, 2, 1, 1).expand(1, 2, *Size.of(own)).contiguous()
        return FlowPair(flow, -flow, ruder_reliability(flow, -flow))


def make_cells(context: ExperimentContext) -> list[ExperimentCell]:
    """Return the cells: each start, for each seed.

    Raises: InputError: the frames differ in size.
    """
    frames, flow = _film(context)
    return [_cell(context, frames, flow, seed, start) for seed in range(SEEDS) for start in STARTS]


def _film(context: ExperimentContext) -> tuple[list[Image], FlowSource]:
    """Return the given frames, with flow by DIS; a single photograph becomes a pan over it, with its true flow."""
    given = list(context.contents.values())
    is_film = len(given) > 1 and len({Size.of(one) for one in given}) == 1
    size = fit_size(Size.of(context.content), context.size, measure="long")
    if is_film:
        return [resize(one, size, clamp=True) for one in given], DisFlow("best", "ruder")
    across, down = (one * (FRAMES - 1) for one in MOTION)
    whole = resize(context.content, Size(size.height + down, size.width + across), clamp=True)
    return [_window(whole, size, number) for number in range(FRAMES)], PanFlow()


def _window(whole: Image, size: Size, number: int) -> Image:
    left, top = (one * number for one in MOTION)
    return whole[..., top : top + size.height, left : left + size.width].contiguous()


def _cell(context: ExperimentContext, frames: list[Image], flow: FlowSource, seed: int, start: str) -> ExperimentCell:
    options = context.scale_iterations(replace(_PRESET, size="full", seed=seed, iterations=ITERATIONS))
    film_options = replace(STARTS[start], first=options.iterations, later=options.iterations)
    pictures = [fingerprint_of(one) for one in (*frames, context.style)]
    settings = {"recipe": "film", **asdict(options), **asdict(film_options), "pictures": pictures}
    run = partial(_paint, context, frames, flow, options, film_options)
    return ExperimentCell(f"seed {seed}", start, settings, run, partial(_measure, frames, flow))


def _paint(
    context: ExperimentContext,
    frames: list[Image],
    flow: FlowSource,
    options: TransferOptions,
    film_options: OptimizedFilmOptions,
) -> Iterator[Progress]:
    """Yield the steps of all frames; the last step's image is the whole film, frame beside frame."""
    encoder = context.encoder(options)
    painter = OptimizedPainter(frames.__getitem__, [context.style], options, film_options, encoder, flow)
    painter.begin_shot(Shot(0, len(frames)))
    stored: dict[int, StoredFrame] = {}
    done: list[ScheduleLevel] = []
    for index in range(len(frames)):
        painter.options = replace(options, seed=options.seed * len(frames) + index)  # each frame has its own noise
        for progress in painter.make_optimization(index, stored.__getitem__).steps:
            own = [*done, *progress.levels]
            yield progress._replace(levels=own, level=len(done) + progress.level)
        stored[index] = StoredFrame(round_image(progress.image, _BITS), {})
        done.append(progress.levels[-1]._replace(iterations=progress.iterations))
    strip = torch.cat([one.image for one in stored.values()], -1)
    yield progress._replace(levels=done, level=len(done) - 1, finish=lambda _: strip)


def _measure(frames: list[Image], flow: FlowSource, first_and_last: FirstAndLast) -> Measures:
    painted = first_and_last.last.image.chunk(len(frames), -1)
    errors = []
    for number in range(len(frames) - 1):
        pair = flow(frames[number], frames[number + 1], (number, number + 1))
        hidden = hidden_pixels(pair.flow, pair.backward)
        errors.append(warp_error(painted[number], painted[number + 1], pair.flow, hidden))
    later = [level.iterations for level in first_and_last.last.levels[1:]]
    return {"warp error": fmean(errors), "iterations of a later frame": fmean(later)}


def check_claims(results: Sequence[CellResult]) -> list[ClaimCheck]:
    """Return the checks of the claims."""
    errors = _means(results, lambda one: one.measures["warp error"])
    iterations = _means(results, lambda one: one.measures["iterations of a later frame"])
    losses = _means(results, lambda one: one.curve[-1][1])
    return [
        ClaimCheck(
            "the temporal loss is steadier than the warped start, that than the previous frame as start, that than"
            " noise (warp error, mean of the seeds)",
            format_named_values(errors),
            is_increasing(list(errors.values())),
        ),
        ClaimCheck(
            "the previous frame as start is steadier than noise (warp error)",
            format_named_values({start: errors[start] for start in (PREVIOUS, RANDOM)}),
            errors[PREVIOUS] < errors[RANDOM],
        ),
        _check_iterations(iterations),
        ClaimCheck(
            "and its loss ends lower (last frame)",
            format_named_values({start: losses[start] for start in (WARPED, PREVIOUS, RANDOM)}),
            losses[PREVIOUS] < losses[RANDOM] and losses[WARPED] < losses[RANDOM],
        ),
    ]


def _check_iterations(iterations: dict[str, float]) -> ClaimCheck:
    """Return the check that frames end sooner; if all took the maximum, nothing is decided."""
    sooner = iterations[PREVIOUS] < iterations[RANDOM] and iterations[WARPED] < iterations[RANDOM]
    return ClaimCheck(
        "and a frame is done sooner (iterations until its loss changed by less than a ten-thousandth in fifty)",
        format_named_values(iterations, ".0f"),
        None if iterations[PREVIOUS] == iterations[WARPED] == iterations[RANDOM] else sooner,
    )


def _means(results: Sequence[CellResult], value: Callable[[CellResult], float]) -> dict[str, float]:
    """Return the mean of a value over the seeds, for each start."""
    return {start: fmean(value(one) for one in results if one.column == start) for start in STARTS}


EXPERIMENT = Experiment(
    name="ruder",
    title="Style transfer for films",
    source="Ruder, Dosovitskiy, Brox, 1604.08610, sections 4.1 and 4.2, table 1",
    claim="The previous frame as a start is steadier and faster than noise, moved along the optical flow it is steadier"
    " yet, and the temporal loss is steadiest.",
    cells=make_cells,
    check=check_claims,
)
