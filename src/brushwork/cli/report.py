"""A finished painting as one JSON document."""

from __future__ import annotations

from typing import Any

from brushwork.cli.pace import format_minutes
from brushwork.jobs import FeedForwardJob, Finished, JobEvent, OptimizationJob, Started
from brushwork.jobs.settings import options_to_json, recipe_name
from brushwork.recipes import ScheduleLevel


class RunReport:
    """Remembers of a job's events what is to be reported."""

    def __init__(self, job: OptimizationJob | FeedForwardJob) -> None:
        self._job = job
        self._started: Started | None = None
        self._finished: Finished | None = None

    def update(self, event: JobEvent) -> None:
        """Take notice of an event."""
        match event:
            case Started():
                self._started = event
            case Finished():
                self._finished = event

    @property
    def summary(self) -> str:
        """How it went, in a line."""
        finished = self._finished
        if finished is None:
            return "nothing was painted."
        if self._started is None:
            return " ".join(finished.notes)
        if not finished.iterations:
            return f"painted in {format_minutes(finished.seconds)}"
        return f"{finished.iterations} iterations in {format_minutes(finished.seconds)}, loss {finished.total:.4g}"

    def to_json(self) -> dict[str, Any]:
        """What happened, in terms of JSON."""
        job, started, finished = self._job, self._started, self._finished
        document: dict[str, Any] = {
            "output": str(job.output),
            "content": str(job.content),
            "styles": [str(style) for style in job.styles],
        }
        if finished is not None:
            if finished.iterations:
                document |= {"loss": finished.total, "losses": dict(finished.losses), "iterations": finished.iterations}
            document |= {
                "seconds": round(finished.seconds, 3),  # milliseconds
                "notes": list(finished.notes),
            }
        if started is not None:
            levels = [_level(one) for one in started.levels]
            document |= {"size": levels[-1]["size"], "levels": levels, "device": str(started.device)}
        return document | {"recipe": recipe_name(job.options), "options": options_to_json(job.options)}


def _level(level: ScheduleLevel) -> dict[str, Any]:
    return {"size": [level.size.width, level.size.height], "iterations": level.iterations}
