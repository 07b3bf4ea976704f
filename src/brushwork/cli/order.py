"""What a command asks for: jobs, and how to go about them. One act paints them, another only plans them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeAlias

from brushwork.cli.dashes import is_dash
from brushwork.cli.launched import is_launched
from brushwork.cli.running import Running
from brushwork.cli.targets import outputs, pictures
from brushwork.errors import InputError
from brushwork.fast.at_once import AtOnce
from brushwork.folders import temporary_place
from brushwork.jobs import Job, OnePass, commission
from brushwork.jobs.job import Masks
from brushwork.pipes import STDIN, keep, require_no_pipe
from brushwork.recipes import Options


@dataclass(frozen=True)
class Order:
    """Jobs, and how to go about them."""

    jobs: tuple[Job | OnePass, ...]
    running: Running
    many: bool
    """Whether there may be several results: a folder or several pictures were given."""


def require_optimized(order: Order) -> None:
    """Refuse what only an optimization can do, where something is painted in one pass.

    Raises: InputError: a series of pictures, a plot, or several processes.
    """
    if all(isinstance(job, Job) for job in order.jobs):
        return
    running = order.running
    given = {"save-every": running.save_every, "plot": running.plot, "timelapse": running.timelapse}
    for name, value in given.items():
        if value is not None:
            raise InputError(f"--{name} shows the closures of a painting, and what is painted in one pass has none.")
    if is_launched():
        raise InputError("what is painted in one pass is the work of one process: start it without a launcher.")


Act: TypeAlias = Callable[[Order], int]
"""What is done with an order; returns the exit code."""


class Pipes:
    """Standard input, kept in memory, and standard output as a file, while it is entered."""

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._read = False

    def source(self, name: str) -> str:
        """The file for a picture's name: `-` is standard input, which is read whole.

        Raises: InputError: standard input for one of several processes, or that is closed or cannot be read.
        """
        if not is_dash(name):
            return name
        if is_launched():
            raise InputError("several processes cannot all read standard input: give the picture as a file.")
        if not self._read:
            if sys.stdin is None:
                raise InputError("standard input is closed: give the picture as a file.")
            self._read = True
            try:
                keep(STDIN, sys.stdin.buffer.read())
            except OSError as error:
                raise InputError(f"standard input cannot be read ({error}): give the picture as a file.") from error
        return str(STDIN)

    def target(self, name: str) -> str:
        """The file for the output's name: `-` becomes a PNG that is then copied to standard output.

        Raises: InputError: that is closed; no place to keep the file.
        """
        if not is_dash(name):
            return name
        if sys.stdout is None:
            raise InputError("standard output is closed: give the picture a file with -o.")
        return str(self._place / "stdout.png")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def _place(self) -> Path:
        """A temporary folder, made when it is needed.

        Raises: InputError: there is no place for it.
        """
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="brushwork-", dir=temporary_place())
        return Path(self._folder.name)


def order(
    options: Options | AtOnce,
    asked: Sequence[tuple[Path, tuple[Path, ...], str]],
    running: Running,
    pipes: Pipes,
    *,
    many: bool,
    start: Path | None,
    regions: tuple[Masks, ...] = (),
) -> Order:
    """An order for (content, paintings, name of the result), with outputs where the person wants them.

    Raises: InputError: one file, or standard output, for several results.
    """
    many = many or len(asked) > 1
    if many and is_dash(running.output):
        raise InputError("-o - is one picture on standard output, and there may be several: give a folder with -o.")
    files = outputs(pipes.target(running.output), [name for _, _, name in asked], many)
    jobs = tuple(
        commission(
            options,
            content=content,
            paintings=paintings,
            regions=regions,
            output=output,
            start=start,
            device=running.device,
            overwrite=running.force,
            pyramid=running.pyramid,
            max_pixels=running.max_pixels,
        )
        for (content, paintings, _), output in zip(asked, files, strict=True)
    )
    if is_launched():  # each of the processes would read a part
        for path in {path for job in jobs for path in job.inputs}:
            require_no_pipe(path)
    return Order(jobs, running, many)


def single_picture_order(
    options: Options, names: Sequence[str], result: str, running: Running, start: Path | None, act: Act
) -> int:
    """Do something with one job for each picture: what reconstructions and textures have in common."""
    with Pipes() as pipes:
        files = pictures([pipes.source(name) for name in names], quiet=running.quiet)
        asked = [(file, (), f"{file.stem}-{result}") for file in files]
        return act(order(options, asked, running, pipes, many=len(names) > 1 or len(files) > 1, start=start))
