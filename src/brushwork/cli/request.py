"""Requests: the jobs and run flags of a command, which are then executed or planned."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from brushwork import feedforward, jobs, recipes
from brushwork.cli.dashes import is_dash
from brushwork.cli.flags import Given
from brushwork.cli.output import log
from brushwork.cli.paths import list_images, output_paths, require_no_film, split_number
from brushwork.cli.run_flags import RunFlags
from brushwork.cli.temporary import TemporaryStreams
from brushwork.distributed.launch import is_distributed_launch, is_first_rank
from brushwork.errors import InputError
from brushwork.storage.pipes import STDIN, keep, require_no_pipe

Kind = TypeVar("Kind", bound="feedforward.FeedForwardOptions")


@dataclass(frozen=True)
class Request:
    """The jobs of a command, with its run flags."""

    jobs: tuple[jobs.Job, ...]
    flags: RunFlags
    is_batch: bool
    """Whether there may be several results: a folder or several images were given."""


Run: TypeAlias = tuple[Path | None, tuple[Path, ...], str]
"""Content image, style images, and name of the result."""

Execute: TypeAlias = Callable[[Request], int]
"""Executes or plans a request; returns the exit code."""


class StdStreams(TemporaryStreams):
    """Context manager that provides files for standard input and standard output."""

    def __init__(self) -> None:
        super().__init__()
        self._read = False

    def input_path(self, name: str) -> str:
        """Return the file for an input name; for `-`, standard input is read into a file.

        Raises: InputError: standard input is closed, cannot be read, or is given to one of several processes.
        """
        if not is_dash(name):
            return name
        if is_distributed_launch():
            raise InputError("several processes cannot all read standard input: give the image as a file.")
        if not self._read:
            if sys.stdin is None:
                raise InputError("standard input is closed: give the image as a file.")
            self._read = True
            try:
                keep(STDIN, sys.stdin.buffer.read())
            except OSError as error:
                raise InputError(f"standard input cannot be read ({error}): give the image as a file.") from error
        return str(STDIN)

    def output_path(self, name: str) -> str:
        """Return the file for the output name; for `-`, a PNG that is then copied to standard output.

        Raises: InputError: standard output is closed, or there is no place for the file.
        """
        if not is_dash(name):
            return name
        if sys.stdout is None:
            raise InputError("standard output is closed: write the image to a file with -o.")
        return str(self._place / "stdout.png")


def make_request(
    options: jobs.JobOptions,
    runs: Sequence[Run],
    flags: RunFlags,
    pipes: StdStreams,
    *,
    is_batch: bool,
    init: Path | None,
    regions: tuple[jobs.Masks, ...] = (),
) -> Request:
    """Return a request for these runs, with the requested output paths.

    Of several runs, those that would read another one's result from a folder of images are left out.

    Raises: InputError: one file, or standard output, for several results; a film among the images.
    """
    is_batch = is_batch or len(runs) > 1
    if is_batch and is_dash(flags.output):
        raise InputError("-o - writes one image to standard output, but there may be several: give a folder with -o.")
    files = output_paths(pipes.output_path(flags.output), [name for _, _, name in runs], is_batch)
    chosen = list(zip(runs, files, strict=True))
    if is_batch:
        chosen = _without_results(chosen, flags)
    made = tuple(
        jobs.Job(
            options=options,
            content=content,
            styles=styles,
            regions=regions,
            output=output,
            init=init,
            device=flags.device,
            overwrite=flags.force,
            pyramid=flags.pyramid,
            max_pixels=flags.max_pixels,
        )
        for (content, styles, _), output in chosen
    )
    for path in dict.fromkeys(path for job in made for path in job.inputs):
        require_no_film(path, "brushwork video FILM PAINTING paints films.")
        if is_distributed_launch():  # each process would read a part of it
            require_no_pipe(path)
    return Request(made, flags, is_batch)


def _without_results(runs: Sequence[tuple[Run, Path]], flags: RunFlags) -> list[tuple[Run, Path]]:
    """Return the runs, with their outputs, that do not read another one's result; the others are logged.

    Results are the outputs and, with --save-every, the numbered images beside them.

    Raises: InputError: none is left.
    """
    outputs = {os.path.realpath(output) for _, output in runs}
    kept, results = [], set()
    for (content, styles, name), output in runs:
        own = os.path.realpath(output)
        images = [one for one in (content, *styles) if one is not None]
        read = [one for one in images if (_outputs_of(one, flags) & outputs) - {own}]
        results.update(read)
        kept += [] if read else [((content, styles, name), output)]
    if not kept:
        raise InputError("each image is the output of another one: write to another folder with -o.")
    if results and not flags.quiet and is_first_rank():
        others = f" and {len(results) - 1} more are results" if len(results) > 1 else " is a result"
        log(f"{min(results)}{others} of this command, and no input.")
    return kept


def _outputs_of(image: Path, flags: RunFlags) -> set[str]:
    """Return the outputs that an image may be a result of: its own file, and the one that its number was added to."""
    place = Path(os.path.realpath(image))
    return {str(place), *([str(split_number(place)[0])] if flags.save_every else [])}


def run_on_each_image(
    options: recipes.RecipeOptions,
    names: Sequence[str],
    result: str,
    flags: RunFlags,
    init: Path | None,
    execute: Execute,
) -> int:
    """Execute a request with one job per image, as reconstructions and textures do; return the exit code."""
    with StdStreams() as pipes:
        files = list_images([pipes.input_path(name) for name in names], quiet=flags.quiet)
        runs = [(file, (), f"{file.stem}-{result}") for file in files]
        return execute(make_request(options, runs, flags, pipes, is_batch=len(names) > 1 or len(files) > 1, init=init))


def feedforward_options(
    options_class: type[Kind], base: object, given: Given, own: Mapping[str, Any], *, quiet: bool
) -> Kind:
    """Return feed-forward options: `own` that are not None, over those given for painting, over the preset's.

    Options that do not apply are logged, unless `quiet`.

    Raises: InputError: a value out of range.
    """
    names = [field.name for field in fields(options_class)]
    log_ignored(given, names, quiet=quiet)
    preset = {name: getattr(base, name) for name in names if hasattr(base, name)}
    taken = {name: value for name, value in given.items() if name in names}
    return options_class(**preset | taken | {name: value for name, value in own.items() if value is not None})


def log_ignored(given: Given, known: Collection[str], *, quiet: bool) -> None:
    """Log the options, given by flag, file or environment, that the method does not have, unless `quiet`."""
    aside = ", ".join(f"--{name.replace('_', '-')}" for name in given if name not in known)
    if aside and not quiet:
        log(f"this method ignores {aside}.")
