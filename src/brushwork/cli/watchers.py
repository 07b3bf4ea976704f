"""Those who watch a painting besides the display: numbered pictures, the plot, the timelapse."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from brushwork.cli.plot import LossPlot, require_plottable
from brushwork.cli.running import RunFlags
from brushwork.cli.timelapse import Timelapse, require_animated_format
from brushwork.errors import InputError
from brushwork.jobs import FeedForwardJob, OptimizationJob
from brushwork.picture import Size, resize
from brushwork.picture.write import write_image
from brushwork.recipes import Progress


class Callback(Protocol):
    """Sees every step, and writes something."""

    def begin(self, alpha: Tensor | None) -> None:
        """Painting begins, of what has this coverage; None: opaque."""

    def on_step(self, progress: Progress) -> None:
        """Take notice of a step."""

    def on_end(self) -> None:
        """The painting is done."""


def require_callbacks(flags: RunFlags) -> None:
    """Refuse what the watchers could not write in the end.

    Raises: InputError.
    """
    if flags.save_every is not None and flags.save_every < 1:
        raise InputError(f"save-every is {flags.save_every}: it must be 1 or more.")
    if flags.plot:
        require_plottable(flags.plot)
    if flags.timelapse:
        require_animated_format(flags.timelapse)
    for file in (flags.plot, flags.timelapse):
        if file and not file.parent.is_dir():
            raise InputError(f"the folder {file.parent} of {file.name} does not exist: make it first.")


def list_extra_files(flags: RunFlags, job: OptimizationJob | FeedForwardJob) -> Iterator[Path]:
    """What would be written beside the output, as far as it is there already."""
    yield from (file for file in (flags.plot, flags.timelapse) if file and file.exists())
    if flags.save_every:
        yield from job.output.parent.glob(f"{glob.escape(job.output.stem)}-[0-9]*{job.output.suffix}")


def make_callbacks(flags: RunFlags, job: OptimizationJob | FeedForwardJob) -> list[Callback]:
    """Those that a person asked for."""
    seen: list[Callback] = []
    if flags.save_every:
        seen.append(IntermediateImages(job.output, flags.save_every))
    if flags.plot:
        seen.append(LossPlot(flags.plot, job.output.stem))
    if flags.timelapse:
        seen.append(Timelapse(flags.timelapse))
    return seen


@dataclass
class IntermediateImages:
    """Keeps the picture every so often: out-0100.png, out-0200.png … beside out.png."""

    output: Path
    every: int
    _next: int = 0
    _alpha: Tensor | None = None

    def begin(self, alpha: Tensor | None) -> None:
        """Keep the coverage, which every picture gets."""
        self._alpha = alpha

    def on_step(self, progress: Progress) -> None:
        """Write the picture when it is due; a line search may pass the very number."""
        self._next = self._next or (progress.iterations // self.every + 1) * self.every
        if progress.iterations < self._next:
            return
        digits = len(str(progress.budget))
        self._next = (progress.iterations // self.every + 1) * self.every
        name = f"{self.output.stem}-{progress.iterations:0{digits}}{self.output.suffix}"
        image, alpha = progress.image, self._alpha
        alpha = None if alpha is None else resize(alpha, Size.of(image), clamp=True)
        write_image(image, self.output.with_name(name), alpha=alpha, overwrite=True)

    def on_end(self) -> None:
        """Nothing: the last one is the output itself."""
