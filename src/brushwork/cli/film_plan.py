"""Print what a film would take, in words or as JSON."""

from __future__ import annotations

from brushwork import video
from brushwork.cli.output import print_json, print_result
from brushwork.cli.progress import format_minutes
from brushwork.units import format_gigabytes


def print_film_plan(plan: video.FilmPlan, job: video.FilmJob, is_json: bool) -> None:
    """Print frames, shots, sound, memory, disk and time of a film."""
    if is_json:
        print_json({"output": str(job.output), **plan.to_json()})
        return
    for line in describe_plan(plan, job):
        print_result(line)


def describe_plan(plan: video.FilmPlan, job: video.FilmJob) -> list[str]:
    """Return the lines of the plan."""
    available = "" if plan.memory_available is None else f"; {format_gigabytes(plan.memory_available)} may be used"
    keys = f", {plan.keyframes} of them optimized" if plan.keyframes < plan.frames else ""
    return [
        f"{job.output}: {_count(plan.frames, 'frame')} of {plan.size} in {_count(plan.shots, 'shot')}{keys}, "
        f"{plan.codec}",
        f"sound: {plan.audio}",
        f"memory: about {format_gigabytes(plan.memory)}, however long the film is{available}",
        f"disk: up to {format_gigabytes(plan.disk)} while it is painted; {format_gigabytes(plan.disk_free)} are free",
        f"time: {format_minutes(plan.seconds)} on {plan.device}; {plan.seconds_a_frame:.2f} s a frame, "
        f"{plan.seconds_first:.2f} s for the first of each shot",
        *plan.notes,
    ]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
