"""One attempt at a job: run it, report its progress, stop it on request, and store its result."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeAlias

from brushwork.errors import BrushworkError, OutOfMemoryError
from brushwork.images import Size, image_size
from brushwork.jobs import Advanced, Finished, JobEvent, Note, Started
from brushwork.recipes import Progress
from brushwork.storage.atomic import link_or_copy
from brushwork.storage.hashing import file_sha256
from brushwork.studio.claims import FIRST_OWN_PREVIEW, MOST_DEATHS, Claim, ClaimLostError
from brushwork.studio.database import DATABASE_LOST
from brushwork.studio.file_store import keep_result
from brushwork.studio.film_painting import run_film_request, take_frames
from brushwork.studio.folder import StudioFolder
from brushwork.studio.job_problems import (
    describe_deaths,
    describe_full_disk,
    describe_problem,
    is_disk_full,
    without_paths,
)
from brushwork.studio.job_request import HELPERS, PaintingRequest
from brushwork.studio.painting import LoadedNetworks, blend_images, link_checkpoint, run_request, write_preview
from brushwork.studio.states import Transition
from brushwork.studio.turns import Turns
from brushwork.types import Image
from brushwork.video import FilmEvent, FilmFinished, FilmStarted, FrameDone

_LOOK = 0.2
"""Seconds between two checks whether the job is to stop."""
_BETWEEN_PREVIEWS = 1.0
_FORMED = 14
"""Iterations at the first size after which a painting looks better than its draft: before that, the noise shows."""
_HUNDRED = 100


_Run: TypeAlias = Callable[..., Generator[JobEvent | FilmEvent]]
"""`run_request` or `run_film_request`."""


class _StoppedError(BaseException):
    """The job is to stop: like Ctrl-C, not an error of the painting."""

    def __init__(self, asked: Transition) -> None:
        super().__init__(asked)
        self.asked = asked


class WorkOnJob:
    """One attempt at a job."""

    def __init__(self, claim: Claim, folder: StudioFolder, networks: LoadedNetworks, turns: Turns, stop: Event) -> None:
        self._claim, self._folder, self._networks, self._turns, self._stop = claim, folder, networks, turns, stop
        self._looked = self._shown = 0.0
        self._previews = 0
        self._notes: list[str] = []
        self._frames, self._size = 0, Size(0, 0)
        self._is_small = False  # a size before the last is being painted

    def run(self) -> None:
        """Run the job to its end, or until it is to stop.

        Raises: ClaimLostError: another worker has the job.
        """
        if self._claim.deaths >= MOST_DEATHS:
            self._claim.settle("fail", problem=describe_deaths(self._claim.deaths))
            return
        try:
            self._attempt()
        except (ClaimLostError, *DATABASE_LOST):
            raise
        except Exception as error:  # otherwise the job of a worker that lives on would be running forever
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if is_disk_full(error):
            self._claim.settle("pause", problem=describe_full_disk())
            return
        logging.getLogger("brushwork.studio").error("A painting has failed.", exc_info=error)
        problem = describe_problem("unexpected", error)
        problem["detail"] = without_paths(problem["detail"], self._claim.request, self._folder)
        self._claim.settle("fail", problem=problem)

    def _attempt(self) -> None:
        claim = self._claim
        before = self._folder.latest_attempt(claim.job)
        own = self._folder.begin_attempt(claim.job, claim.attempt)
        output = own / f"result.{_format(claim.request)}"
        if claim.wanted is not None:  # requested of a worker that was lost
            self._settle(claim.wanted, output, None)
            return
        take = take_frames if claim.request.kind == "video" else link_checkpoint
        has_begun = before is not None and take(before / output.name, output)
        with self._turns.quick() if claim.request.lane == "quick" else self._turns.long():
            event, problem = self._paint(output, resume=has_begun)
        self._settle(event, output, problem)

    def _paint(self, output: Path, *, resume: bool) -> tuple[Transition, dict[str, Any] | None]:
        """Return how the attempt ended, and its problem or None."""
        try:
            if self._claim.request.kind == "blend":
                self._blend(output)
                return "complete", None
            run = run_film_request if self._claim.request.kind == "video" else run_request
            return self._run(run, output, resume=resume), None
        except OutOfMemoryError as error:
            return "fail", {**describe_problem("out-of-memory", error), "largest_size": error.max_size}
        except (BrushworkError, OSError, RuntimeError, ValueError, ArithmeticError, LookupError, TypeError) as error:
            if is_disk_full(error):
                return "pause", describe_full_disk()
            name = "cannot-be-painted" if isinstance(error, BrushworkError) else "unexpected"
            return "fail", describe_problem(name, error)

    def _run(self, run: _Run, output: Path, *, resume: bool) -> Transition:
        """Paint a picture or a film; a canceled one is kept as it is, at the size of the result."""
        given = self._claim.request, self._folder, output, self._networks
        looking = {"look": self._stop_if_asked} if run is run_request else {}
        ended = self._follow(run(*given, resume=resume, **looking))
        if ended == "cancel" and (self._frames or (self._is_small and self._previews)):
            try:
                for _ in run(*given, resume=True, finish=True):
                    pass
            except (BrushworkError, OSError, RuntimeError) as error:
                self._notes.append(without_paths(str(error), self._claim.request, self._folder))
        return ended

    def _blend(self, output: Path) -> None:
        request = self._claim.request
        strength = float(request.options["strength"])
        blend_images(self._folder.stored(request.content), self._folder.stored(str(request.start)), strength, output)

    def _follow(self, events: Generator[JobEvent | FilmEvent]) -> Transition:
        """Report the events of the job until its end, or until it is to stop, and return how it ended."""
        try:
            self._stop_if_asked()  # it has waited for its turn
            for event in events:
                self._report(event)
                if isinstance(event, Finished | FilmFinished):
                    return "complete"
                if self._claim.request.lane == "long":
                    self._turns.give_way()
                self._stop_if_asked()
        except _StoppedError as stop:
            return stop.asked
        finally:
            events.close()  # writes the checkpoint and the image so far
        return "complete"

    def _stop_if_asked(self) -> None:
        if (asked := self._read_wanted()) is not None:
            raise _StoppedError(asked)

    def _report(self, event: JobEvent | FilmEvent) -> None:
        match event:
            case Started(iterations=iterations, done=done, levels=levels):
                values = {"done": done, "total": iterations or _HUNDRED, "level": _level(levels, 0)}
                self._claim.report(values, at_once=True)
            case Progress():
                self._is_small = event.level + 1 < len(event.levels)
                values = {
                    "done": event.iterations,
                    "loss": float(event.step.losses.total),
                    "level": _level(event.levels, event.level),
                }
                self._claim.report({**values, **self._preview(event)})
            case FilmStarted(frames=frames, done=done, size=size):
                self._frames, self._size = done, size
                level = {"number": 0, "sizes": [[size.width, size.height, frames]]}
                self._claim.report({"done": done, "total": frames, "level": level}, at_once=True)
            case FrameDone(image=image):
                self._frames += 1
                self._claim.report({"done": self._frames, **self._show(image)})
            case Advanced(done):
                self._claim.report({"done": round(done * _HUNDRED)})
            case Note(text):
                self._notes.append(without_paths(text, self._claim.request, self._folder))

    def _preview(self, progress: Progress) -> dict[str, Any]:
        is_draft = self._claim.request.kind == "draft"
        return self._show(progress.image) if is_draft or _is_worth_showing(progress) else {}

    def _show(self, image: Image) -> dict[str, Any]:
        if monotonic() - self._shown < _BETWEEN_PREVIEWS:
            return {}
        self._previews += 1
        self._shown = monotonic()
        picture = self._folder.preview(self._claim.job)
        write_preview(image, picture)
        if self._claim.request.kind == "draft":
            self._give_to_parent(picture)
            return {}
        return {"preview": FIRST_OWN_PREVIEW + self._previews}

    def _give_to_parent(self, picture: Path) -> None:
        number = min(self._previews, FIRST_OWN_PREVIEW - 1)
        self._claim.give_to_parent(picture, self._folder.preview(str(self._claim.parent)), number)

    def _read_wanted(self) -> Transition | None:
        """Return how the job is to stop; None: it is not."""
        if self._stop.is_set():
            return "release"
        if monotonic() - self._looked < _LOOK:
            return None
        self._looked = monotonic()
        return self._claim.read_wanted()

    def _settle(self, event: Transition, output: Path, problem: dict[str, Any] | None) -> None:
        claim, is_over = self._claim, event in ("complete", "cancel", "fail")
        if event == "complete" and claim.request.kind == "draft":
            self._previews += 1
            self._give_to_parent(output)
        values: dict[str, Any] = {"notes": self._notes}
        if self._frames:
            values["done"] = self._frames
        if event == "cancel" and (not self._previews or not output.exists()):
            output = self._take_shown(output)
        if is_over and claim.request.kind != "draft" and output.exists():
            values["result"] = self._store(output, is_finished=event == "complete")
        if event == "complete":
            values |= {"done": _HUNDRED, "total": _HUNDRED} if claim.request.lane == "quick" else {}
        if problem is not None:
            problem["detail"] = without_paths(problem["detail"], claim.request, self._folder)
        claim.settle(event, problem=problem, **values)
        if is_over:
            self._folder.remove_work(claim.job)

    def _take_shown(self, output: Path) -> Path:
        """Return the file to keep if this attempt has shown nothing: the last preview, or else the image so far."""
        shown = self._folder.latest_picture(self._claim.job)
        if shown is None or shown == output:
            return output
        output = output.with_suffix(shown.suffix)
        output.unlink(missing_ok=True)
        link_or_copy(shown, output)  # which the page may be requesting right now
        return output

    def _store(self, output: Path, *, is_finished: bool) -> dict[str, Any]:
        is_film = self._claim.request.kind == "video" and output.suffix == ".mp4"
        size = self._size if is_film else image_size(output)
        kind, sha256 = output.suffix.removeprefix("."), file_sha256(output)
        return keep_result(
            self._claim.database, self._folder, output, sha256, kind=kind, size=size, is_finished=is_finished
        )


def _format(request: PaintingRequest) -> str:
    return "mp4" if request.kind == "video" else "webp" if request.kind in HELPERS else "png"


def _is_worth_showing(progress: Progress) -> bool:
    """Return whether the image is better than the draft, though it may be smaller: its strokes have formed."""
    return progress.level > 0 or progress.step.index >= min(_FORMED, progress.levels[0].iterations // 4)


def _level(levels: Any, number: int) -> dict[str, Any]:
    sizes = [[level.size.width, level.size.height, level.iterations] for level in levels]
    return {"number": number, "sizes": sizes}
