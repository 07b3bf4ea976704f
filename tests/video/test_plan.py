"""What a film takes is reported before, and while it is painted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.cli.film_progress import FilmProgress
from brushwork.cli.progress import SilentDisplay
from brushwork.devices import memory
from brushwork.errors import OutOfMemoryError
from brushwork.images import Size
from brushwork.recipes import TransferOptions
from brushwork.types import Image
from brushwork.video import (
    FilmStarted,
    FrameDone,
    ShotStarted,
    film_plan,
    film_requirements,
    plan_film,
    trial,
)
from brushwork.video.film_requirements import frame_memory
from brushwork.video.frame_times import optimized_times
from brushwork.video.preparation import prepare_film
from brushwork.video.trial import TrialFrame, TrialStep
from tiny_films import film_job, panned, tiny_stylizer, write_clip


def test_the_plan_counts_what_was_measured(tmp_path, monkeypatch):
    """A clock that ticks a second whenever it is read: each thing that is measured takes one."""
    now = iter(range(100))
    for module in (film_plan, trial):
        monkeypatch.setattr(module, "monotonic", lambda: float(next(now)))
    job = film_job(write_clip(tmp_path / "in.mp4", panned(12), seconds_of_sound=1.0), tmp_path / "out.mp4")
    plan = plan_film(job, network=tiny_stylizer())
    assert (plan.frames, plan.shots, plan.keyframes) == (12, 1, 12)
    assert plan.seconds_a_frame == 1 and plan.seconds_first == 1 + 12 / 2  # two of twelve samples took a second
    assert plan.seconds == 1 + 7 + 11
    longer = replace(job, clip=write_clip(tmp_path / "longer.mp4", panned(30)))
    more = plan_film(longer, network=tiny_stylizer())
    assert more.disk > plan.disk and not list(tmp_path.glob("*.unfinished"))
    assert more.memory - more.memory_held == plan.memory - plan.memory_held == frame_memory(job, Size(48, 64), "plain")


def test_the_memory_is_that_of_the_whole_process_as_its_limit_is(tmp_path, monkeypatch):
    job = film_job(write_clip(tmp_path / "in.mp4", panned(2)), tmp_path / "out.mp4")
    for module in (film_plan, memory):
        monkeypatch.setattr(module, "allocated_memory", lambda _: 3 * 10**8)
    plan = plan_film(job, network=tiny_stylizer(), memory=10**9)
    assert plan.memory_held == 3 * 10**8 < plan.memory < 4 * 10**8 and plan.memory_available == 10**9


def painted_steps(*seconds: float) -> tuple[TrialStep, ...]:
    """Return three iterations at each level, of so many seconds each; the first takes five more, for preparation."""
    steps, now = [], 100.0
    for level, one in enumerate(seconds):
        for iteration in (1, 2, 3):
            now += one + (5.0 if iteration == 1 else 0.0)
            steps.append(TrialStep(level, iteration, now))
    return tuple(steps)


def test_the_pace_multiplies_iterations_and_nothing_else():
    """Both levels of the first frame prepare for 5 seconds; the second frame looks for its flow for 4."""
    first = TrialFrame(0, None, 2 * 5 + 3 * 1 + 3 * 4, 0.0, painted_steps(1.0, 4.0))
    second = TrialFrame(1, None, 4 + 5 + 3 * 4, 0.0, painted_steps(4.0))
    assert optimized_times([100, 50], 40, [first, second]) == pytest.approx((10 + 100 + 200, 9 + 160, 0.0))
    assert optimized_times([100, 50], 40, [first]) == pytest.approx((310, 310, 0.0)), "a film of one frame"
    twice = second._replace(seconds=2 * second.seconds, steps=second.steps * 2)
    assert optimized_times([100, 50], 40, [first, twice]).later == pytest.approx(2 * 169), "two regions"


def test_frames_between_key_frames_take_time_too():
    """The second frame of the trial paints the key frame after it, and itself in 2 seconds."""
    first = TrialFrame(0, None, 5 + 3, 0.0, painted_steps(1.0))
    second = TrialFrame(1, None, 5 + 3 * 4 + 2, 0.0, painted_steps(4.0))
    times = [first, second, TrialFrame(2, None, 2.0, 0.0), TrialFrame(3, None, 0.1, 0.0)]
    assert optimized_times([10], 40, times) == pytest.approx((15, 5 + 160, 2.0))


def test_first_frames_of_shots_count_apart_in_the_time_left():
    image: Image = None
    progress = FilmProgress(SilentDisplay())
    progress.show(FilmStarted(20, 0, 2, Size(48, 64), "cpu"))
    progress.show(ShotStarted(1, 0, 10))
    progress.show(FrameDone(0, image, 60.0, 0.0))
    for number in range(1, 5):
        progress.show(FrameDone(number, image, 2.0, 1.0))
    assert progress.seconds_left == pytest.approx(5 * 2 + 60 + 9 * 2)


def test_frames_that_do_not_fit_are_refused_with_the_size_that_does(tmp_path, monkeypatch):
    job = film_job(write_clip(tmp_path / "in.mp4", panned(2)), tmp_path / "out.mp4")
    need = frame_memory(job, Size(48, 64), "native")
    monkeypatch.setattr(film_requirements, "memory_budget", lambda *_: need // 2)
    with pytest.raises(OutOfMemoryError, match="use --size 33 --measure short"):  # 48 / √2
        prepare_film(job, resume=False, network=tiny_stylizer())
    monkeypatch.setattr(film_requirements, "memory_budget", lambda *_: 1000)
    with pytest.raises(OutOfMemoryError, match="no size fits"):
        prepare_film(job, resume=False, network=tiny_stylizer())
    assert not list(tmp_path.glob("*.unfinished"))
    optimized = replace(job, method=TransferOptions())
    sizes = [frame_memory(optimized, Size(480, 854), engine) for engine in ("native", "plain")]
    assert frame_memory(job, Size(480, 854), "native") < sizes[0] < sizes[1]
