"""One attempt at a job: run it, report what it reaches, stop it when asked to, and store its result."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from brushwork.errors import BrushworkError, OutOfMemoryError
from brushwork.images import image_size
from brushwork.jobs import Advanced, Finished, JobEvent, Note, Started
from brushwork.recipes import Progress
from brushwork.storage.hashing import file_sha256
from brushwork.studio.claims import MOST_DEATHS, Claim
from brushwork.studio.file_store import register_file
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_request import HELPERS, PaintingRequest
from brushwork.studio.painting import LoadedNetworks, blend_images, link_checkpoint, run_request, write_preview
from brushwork.studio.states import Transition
from brushwork.studio.turns import Turns

_LOOK = 0.2
"""Seconds between two looks at whether the job is to stop."""
_BETWEEN_PREVIEWS = 1.0
_FORMED = 20
"""Iterations at the first size after which a painting looks better than its draft: before, it has its first grain."""
_HUNDRED = 100

_CALLED = {
    "content": "the photograph",
    "paintings": "the painting",
    "start": "the picture to start from",
    "regions": "of the chosen part",
}
"""What the files of a request are called in messages."""


class WorkOnJob:
    """One attempt at a job."""

    def __init__(self, claim: Claim, folder: StudioFolder, networks: LoadedNetworks, turns: Turns, stop: Event) -> None:
        self._claim, self._folder, self._networks, self._turns, self._stop = claim, folder, networks, turns, stop
        self._looked = self._shown = 0.0
        self._previews = 1  # number of the next preview; a draft may come before
        self._notes: list[str] = []

    def run(self) -> None:
        """Run the job to its end, or until it is to stop.

        Raises: ClaimLostError: another worker has the job.
        """
        claim = self._claim
        if claim.deaths >= MOST_DEATHS:
            claim.settle("fail", problem=_died(claim.deaths))
            return
        before = self._folder.latest_attempt(claim.job)
        own = self._folder.begin_attempt(claim.job, claim.attempt)
        output = own / ("result.webp" if claim.request.kind in HELPERS else "result.png")
        if claim.wanted is not None:  # asked of a worker that was lost
            self._settle(claim.wanted, output, None)
            return
        has_begun = before is not None and link_checkpoint(before / output.name, output)
        with self._turns.quick() if claim.request.lane == "quick" else self._turns.long():
            event, problem = self._paint(output, resume=has_begun)
        self._settle(event, output, problem)

    def _paint(self, output: Path, *, resume: bool) -> tuple[Transition, dict[str, Any] | None]:
        """Return how the attempt ended, and what was wrong."""
        try:
            if self._claim.request.kind == "blend":
                self._blend(output)
                return "complete", None
            return self._follow(
                run_request(self._claim.request, self._folder, output, self._networks, resume=resume)
            ), None
        except OutOfMemoryError as error:
            return "fail", {**_problem("out-of-memory", error), "largest_size": error.max_size}
        except BrushworkError as error:
            return "fail", _problem("cannot-be-painted", error)
        except (OSError, RuntimeError, ValueError, ArithmeticError, LookupError, TypeError) as error:
            return "fail", _problem("unexpected", error)

    def _blend(self, output: Path) -> None:
        request = self._claim.request
        strength = float(request.options["strength"])
        blend_images(self._folder.stored(request.content), self._folder.stored(str(request.start)), strength, output)

    def _follow(self, events: Generator[JobEvent]) -> Transition:
        """Report the events of the job until its end, or until it is to stop, and return how it ended."""
        try:
            for event in events:
                self._report(event)
                if isinstance(event, Finished):
                    return "complete"
                if self._claim.request.lane == "long":
                    self._turns.give_way()
                if (asked := self._asked()) is not None:
                    return asked
        finally:
            events.close()  # writes the checkpoint and the image so far
        return "complete"

    def _report(self, event: JobEvent) -> None:
        match event:
            case Started(iterations=iterations, done=done, levels=levels):
                values = {"done": done, "total": iterations or _HUNDRED, "level": _level(levels, 0)}
                self._claim.report(values, at_once=True)
            case Progress():
                values = {
                    "done": event.iterations,
                    "loss": float(event.step.losses.total),
                    "level": _level(event.levels, event.level),
                }
                self._claim.report({**values, **self._preview(event)})
            case Advanced(done):
                self._claim.report({"done": round(done * _HUNDRED)})
            case Note(text):
                self._notes.append(without_paths(text, self._claim.request, self._folder))

    def _preview(self, progress: Progress) -> dict[str, Any]:
        if monotonic() - self._shown < _BETWEEN_PREVIEWS or not _is_worth_showing(progress):
            return {}
        self._previews += 1
        write_preview(progress.image, self._folder.preview(self._claim.job))
        self._shown = monotonic()
        return {"preview": self._previews}

    def _asked(self) -> Transition | None:
        """Return how the job is to stop; None: it is not."""
        if self._stop.is_set():
            return "release"
        if monotonic() - self._looked < _LOOK:
            return None
        self._looked = monotonic()
        return self._claim.read_wanted()

    def _settle(self, event: Transition, output: Path, problem: dict[str, Any] | None) -> None:
        claim, kept = self._claim, event in ("complete", "cancel", "fail")
        if event == "complete" and claim.request.kind == "draft":
            claim.give_to_parent(output, self._folder.preview(str(claim.parent)))
        values: dict[str, Any] = {"notes": self._notes}
        shown = self._folder.preview(claim.job)
        if event == "cancel" and shown.exists() and (self._previews == 1 or not output.exists()):
            output = shown.rename(output.with_suffix(shown.suffix))  # what is kept is what was seen
        if kept and output.exists():
            values["result"] = self._store(output, is_finished=event == "complete")
        if event == "complete":
            values |= {"done": _HUNDRED, "total": _HUNDRED} if claim.request.lane == "quick" else {}
        if problem is not None:
            problem["detail"] = without_paths(problem["detail"], claim.request, self._folder)
        claim.settle(event, problem=problem, **values)
        if kept:
            self._folder.remove_work(claim.job)

    def _store(self, output: Path, *, is_finished: bool) -> dict[str, Any]:
        size = image_size(output)
        sha256 = file_sha256(output)
        kind = "webp" if output.suffix == ".webp" else "png"
        count = output.stat().st_size
        self._folder.store(output, sha256)
        register_file(
            self._claim.database, sha256, count=count, kind=kind, width=size.width, height=size.height, name=""
        )
        return {
            "sha256": sha256,
            "width": size.width,
            "height": size.height,
            "bytes": count,
            "unfinished": not is_finished,
        }


def without_paths(text: str, request: PaintingRequest, folder: StudioFolder) -> str:
    """Return a message with what its files are in place of where they are stored: no path leaves the server."""
    for role, files in request.files.items():
        for sha256 in files:
            stored = folder.stored(sha256)
            text = text.replace(str(stored), _CALLED[role]).replace(stored.name, _CALLED[role])
    return text.replace(str(folder.path), "the studio's folder")


def _is_worth_showing(progress: Progress) -> bool:
    """Return whether the image is better than the draft, though it may be smaller: its strokes have formed."""
    return progress.level > 0 or progress.step.index >= min(_FORMED, progress.levels[0].iterations // 4)


def _level(levels: Any, number: int) -> dict[str, Any]:
    sizes = [[level.size.width, level.size.height, level.iterations] for level in levels]
    return {"number": number, "sizes": sizes}


def _problem(name: str, error: BaseException) -> dict[str, Any]:
    titles = {
        "out-of-memory": "It does not fit into memory",
        "cannot-be-painted": "It cannot be painted",
        "unexpected": "Something unexpected happened",
    }
    said = " ".join([str(error), *getattr(error, "__notes__", ())])
    detail = said if name != "unexpected" else f"{type(error).__name__}: {said}"
    return {"type": f"/problems/{name}", "title": titles[name], "detail": detail}


def _died(deaths: int) -> dict[str, Any]:
    return {
        "type": "/problems/worker-died",
        "title": "The worker died",
        "detail": f"The worker died {deaths} times at the same place. Mostly memory ran out: take a smaller size.",
    }
