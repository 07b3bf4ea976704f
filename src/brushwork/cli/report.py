"""A finished painting as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from brushwork.jobs import Event, Finished, Job, Started
from brushwork.recipes import Level


class Report:
    """Remembers of a job's events what is to be reported."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._started: Started | None = None
        self.finished: Finished | None = None

    def see(self, event: Event) -> None:
        """Take notice of an event."""
        match event:
            case Started():
                self._started = event
            case Finished():
                self.finished = event

    def document(self) -> dict[str, Any]:
        """What happened, in terms of JSON."""
        job, started, finished = self._job, self._started, self.finished
        document: dict[str, Any] = {
            "output": str(job.output),
            "content": str(job.content),
            "styles": [str(painting) for painting in job.paintings],
        }
        if finished is not None:
            document |= {
                "loss": finished.total,
                "losses": dict(finished.losses),
                "closures": finished.closures,
                "seconds": round(finished.seconds, 3),  # milliseconds
                "notes": list(finished.notes),
            }
        if started is not None:
            levels = [_level(one) for one in started.levels]
            document |= {"size": levels[-1]["size"], "levels": levels, "device": str(started.device)}
        return document | {"recipe": type(job.options).__name__, "options": asdict(job.options)}


def _level(level: Level) -> dict[str, Any]:
    return {"size": [level.size.width, level.size.height], "closures": level.closures}
