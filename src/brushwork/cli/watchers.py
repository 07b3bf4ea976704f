"""Those who watch a painting besides the display: numbered pictures, the plot, the timelapse."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from brushwork.cli.plot import LossPlot, require_plot
from brushwork.cli.running import Running
from brushwork.cli.timelapse import Timelapse, require_ending
from brushwork.errors import InputError
from brushwork.jobs import Job, OnePass
from brushwork.picture import Size, resize
from brushwork.picture.write import write_picture
from brushwork.recipes import Progress


class Watcher(Protocol):
    """Sees every step, and writes something."""

    def begin(self, alpha: Tensor | None) -> None:
        """Painting begins, of what has this coverage; None: opaque."""

    def see(self, progress: Progress) -> None:
        """Take notice of a step."""

    def finish(self) -> None:
        """The painting is done."""


def require_watchers(running: Running) -> None:
    """Refuse what the watchers could not write in the end.

    Raises: InputError.
    """
    if running.save_every is not None and running.save_every < 1:
        raise InputError(f"save-every is {running.save_every}: it must be 1 or more.")
    if running.plot:
        require_plot(running.plot)
    if running.timelapse:
        require_ending(running.timelapse)
    for file in (running.plot, running.timelapse):
        if file and not file.parent.is_dir():
            raise InputError(f"the folder {file.parent} of {file.name} does not exist: make it first.")


def extra_files(running: Running, job: Job | OnePass) -> Iterator[Path]:
    """What would be written beside the output, as far as it is there already."""
    yield from (file for file in (running.plot, running.timelapse) if file and file.exists())
    if running.save_every:
        yield from job.output.parent.glob(f"{glob.escape(job.output.stem)}-[0-9]*{job.output.suffix}")


def watchers(running: Running, job: Job | OnePass) -> list[Watcher]:
    """Those that a person asked for."""
    seen: list[Watcher] = []
    if running.save_every:
        seen.append(Intermediate(job.output, running.save_every))
    if running.plot:
        seen.append(LossPlot(running.plot, job.output.stem))
    if running.timelapse:
        seen.append(Timelapse(running.timelapse))
    return seen


@dataclass
class Intermediate:
    """Keeps the picture every so often: out-0100.png, out-0200.png … beside out.png."""

    output: Path
    every: int
    _next: int = 0
    _alpha: Tensor | None = None

    def begin(self, alpha: Tensor | None) -> None:
        """Keep the coverage, which every picture gets."""
        self._alpha = alpha

    def see(self, progress: Progress) -> None:
        """Write the picture when it is due; a line search may pass the very number."""
        self._next = self._next or (progress.spent // self.every + 1) * self.every
        if progress.spent < self._next:
            return
        digits = len(str(progress.budget))
        self._next = (progress.spent // self.every + 1) * self.every
        name = f"{self.output.stem}-{progress.spent:0{digits}}{self.output.suffix}"
        image, alpha = progress.image, self._alpha
        alpha = None if alpha is None else resize(alpha, Size.of(image), clamp=True)
        write_picture(image, self.output.with_name(name), alpha=alpha, overwrite=True)

    def finish(self) -> None:
        """Nothing: the last one is the output itself."""
