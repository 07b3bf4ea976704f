"""Callbacks during optimization: numbered images, the loss plot, the timelapse."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from brushwork import images, jobs, recipes
from brushwork.cli.output import log
from brushwork.cli.paths import require_separate_file, split_number
from brushwork.cli.plot import LossPlot, require_plottable
from brushwork.cli.run_flags import RunFlags
from brushwork.errors import BrushworkError, InputError
from brushwork.images import Size, fit_size
from brushwork.storage.atomic import atomic_write, is_same_file, require_writable
from brushwork.storage.folders import expand_user

if TYPE_CHECKING:
    from PIL import Image as Pillow
    from torch import Tensor

    from brushwork.types import Image

FRAMES = 60
FRAME_MILLISECONDS = 80
LAST_FRAME_MILLISECONDS = 2000
LARGEST_SIDE = 1080
"""Longest side of an animation in pixels; few programs play larger ones."""
_GIF = ".gif"
ENDINGS = (_GIF, ".webp")

_OPAQUE = 0.5
"""Alpha at and above which a pixel of a GIF is opaque."""
_CLEARED: Mapping[str, Mapping[str, Any]] = {_GIF: {"disposal": 2}, ".webp": {}}
"""Save options of animations with transparent frames: each frame is cleared before the next."""


class Callback(Protocol):
    """Receives every event of a run, and writes a file."""

    def on_event(self, event: jobs.JobEvent) -> None:
        """Called for every event."""

    def on_end(self) -> None:
        """Called when the run is finished."""


def require_callbacks(flags: RunFlags) -> None:
    """Check that the callbacks will be able to write their files.

    Raises: InputError.
    """
    if flags.save_every is not None and flags.save_every < 1:
        raise InputError(f"save-every is {flags.save_every}: it must be 1 or more.")
    if flags.plot:
        require_plottable(flags.plot)
    if flags.timelapse:
        require_animated_format(flags.timelapse)


def require_separate_files(flags: RunFlags, job: jobs.Job) -> None:
    """Check that the callbacks replace no input and no other file of the run, even if files may be overwritten.

    Raises: InputError.
    """
    named, numbered = list(named_files(flags).values()), list_numbered_images(flags, job)
    for place, file in enumerate(named):
        require_separate_file(file, (*job.inputs, *job.files, *named[:place], *numbered))
    for image in job.inputs:
        if any(is_same_file(file, expand_user(image)) for file in numbered):
            raise InputError(f"--save-every would replace the input {image}: write to another file with -o.")


def named_files(flags: RunFlags) -> dict[str, Path]:
    """Return the files that flags name, by flag."""
    return {flag: file for flag, file in (("--plot", flags.plot), ("--timelapse", flags.timelapse)) if file}


def list_numbered_images(flags: RunFlags, job: jobs.Job) -> list[Path]:
    """Return the existing files whose names a numbered image of the job may get."""
    found = job.output.parent.glob(f"{glob.escape(job.output.stem)}-[0-9]*") if flags.save_every else ()
    numbers = {file: number for file in found for output, number in [split_number(file)] if output == job.output}
    budget = _budget(job) if numbers else 0
    return [file for file, number in numbers.items() if len(number) == len(str(budget)) and int(number) <= budget]


def _budget(job: jobs.Job) -> int:
    """Return the iterations of a job; 0: its inputs cannot be used, which the job itself reports."""
    from brushwork.jobs.inputs import read_sizes  # imports torch, which --help does not need

    with suppress(BrushworkError):
        return sum(level.iterations for level in job.options.schedule(read_sizes(job).content))
    return 0


def make_callbacks(flags: RunFlags, job: jobs.Job) -> list[Callback]:
    """Return the requested callbacks."""
    callbacks: list[Callback] = []
    if flags.save_every:
        callbacks.append(IntermediateImages(job.output, flags.save_every))
    if flags.plot:
        callbacks.append(LossPlot(flags.plot, job.output.stem))
    if flags.timelapse:
        callbacks.append(Timelapse(flags.timelapse))
    shown = [path for path in (flags.plot, flags.timelapse) if path]
    if shown and not flags.quiet:
        callbacks.append(ResumeNote(shown))
    return callbacks


@dataclass(frozen=True)
class ResumeNote:
    """Logs the iteration at which the files that show all iterations begin, if the job is resumed."""

    files: Sequence[Path]

    def on_event(self, event: jobs.JobEvent) -> None:
        """Log it once, when the job begins."""
        if isinstance(event, jobs.Started) and event.done:
            names = " and ".join(map(str, self.files))
            log(f"{names} will begin at iteration {event.done + 1}, where the painting is resumed.")

    def on_end(self) -> None:
        """Do nothing: there is no file."""


@dataclass
class IntermediateImages:
    """Saves the image every n iterations: out-0100.png, out-0200.png … beside out.png."""

    output: Path
    every: int
    _next: int = 0
    _alpha: Tensor | None = None

    def on_event(self, event: jobs.JobEvent) -> None:
        """Write the image when it is due."""
        if isinstance(event, jobs.Started):
            self._alpha, self._next = event.alpha, (event.done // self.every + 1) * self.every
        if isinstance(event, recipes.Progress):
            self._write(event)

    def _write(self, progress: recipes.Progress) -> None:
        # A line search may skip the exact iteration.
        if progress.iterations < self._next:
            return
        digits = len(str(progress.budget))
        self._next = (progress.iterations // self.every + 1) * self.every
        name = f"{self.output.stem}-{progress.iterations:0{digits}}{self.output.suffix}"
        image, alpha = progress.image, self._alpha
        alpha = None if alpha is None else images.resize(alpha, Size.of(image), clamp=True)
        images.write_image(image, self.output.with_name(name), alpha=alpha, overwrite=True)

    def on_end(self) -> None:
        """Do nothing: the last image is the output itself."""


class Timelapse:
    """Collects frames, denser at the beginning, where most changes: frame k at budget · (k/60)².

    For a resumed painting, it has only the frames still to come.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: list[Pillow.Image] = []
        self._next = 0
        self._last: recipes.Progress | None = None
        self._alpha: Tensor | None = None

    def on_event(self, event: jobs.JobEvent) -> None:
        """Store the image when a frame is due."""
        if isinstance(event, jobs.Started):
            self._alpha = event.alpha
            for iteration in range(1, event.done + 1):
                self._take(iteration, event.iterations)
        if isinstance(event, recipes.Progress):
            self._last = event
            if self._take(event.iterations, event.budget):
                self._frames.append(_frame(event))

    def _take(self, iteration: int, budget: int) -> bool:
        """Return whether a frame is due, and count it."""
        is_due = iteration >= budget * (self._next / FRAMES) ** 2
        self._next += is_due
        return is_due

    def on_end(self) -> None:
        """Write the animation; all frames get the size of the last one, the finished image.

        Raises: InputError: the file cannot be written.
        """
        if self._last is None:  # no iterations were left
            return
        frames = [*self._frames, _frame(self._last)]
        durations = [FRAME_MILLISECONDS] * len(self._frames) + [LAST_FRAME_MILLISECONDS]
        first, *others = _enlarge(frames, _full(self._last), self._coverage(_full(self._last)))
        with atomic_write(self._path, overwrite=True) as temporary:
            first.save(
                temporary,
                format=self._path.suffix[1:],
                save_all=True,
                append_images=others,
                duration=durations,
                loop=0,
                **({} if self._alpha is None else _CLEARED[self._path.suffix.lower()]),
            )

    def _coverage(self, size: Size) -> Pillow.Image | None:
        """Return the alpha channel of all frames; in a GIF, each pixel is opaque or transparent."""
        if self._alpha is None:
            return None
        coverage = images.resize(self._alpha, size, clamp=True)
        if self._path.suffix.lower() == _GIF:
            coverage = (coverage >= _OPAQUE).float()
        return to_pillow(coverage.expand(-1, 3, -1, -1)).getchannel(0)


def _frame(progress: recipes.Progress) -> Pillow.Image:
    """Return the current image, no larger than the animation."""
    image, full = progress.image, _full(progress)
    return to_pillow(images.resize(image, full) if Size.of(image).area > full.area else image)


def _full(progress: recipes.Progress) -> Size:
    """Return the size of the animation."""
    finished = progress.levels[-1].size
    return fit_size(finished, LARGEST_SIDE, measure="long") if max(finished) > LARGEST_SIDE else finished


def _enlarge(frames: list[Pillow.Image], size: Size, alpha: Pillow.Image | None) -> Iterator[Pillow.Image]:
    from PIL.Image import Resampling  # Pillow takes a moment to import

    for frame in frames:
        enlarged = frame.resize((size.width, size.height), Resampling.BICUBIC)
        if alpha is not None:
            enlarged.putalpha(alpha)
        yield enlarged


def require_animated_format(path: Path) -> None:
    """Check that the file type can be animated, and that there is a place for the file.

    Raises: InputError.
    """
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"--timelapse is {path}: it must end in {' or '.join(ENDINGS)}.")
    require_writable(path, overwrite=True)


def to_pillow(image: Image) -> Pillow.Image:
    """Return the first image of a batch, in 8 bits."""
    from PIL.Image import fromarray  # Pillow takes a moment to import

    return fromarray(images.quantize(image[:1]))
