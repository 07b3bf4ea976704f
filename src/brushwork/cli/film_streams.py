"""Films from and to pipes: they are read into a file, since a film is scanned before it is painted."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace

from brushwork.cli.dashes import is_dash
from brushwork.cli.film_flags import FilmRunFlags
from brushwork.cli.temporary import TemporaryStreams
from brushwork.errors import InputError
from brushwork.storage.folders import expand_user
from brushwork.storage.pipes import is_pipe

STDOUT = "stdout.mkv"
"""Name of the file that is then copied to standard output."""


class FilmStreams(TemporaryStreams):
    """Context manager that gives files for pipes, and removes them."""

    def input_path(self, name: str) -> str:
        """Return the file of a clip; standard input (`-`) and named pipes are read to their end.

        Raises: InputError: they cannot be read.
        """
        pipe = expand_user(name)
        if not is_dash(name) and not is_pipe(pipe):
            return name
        if is_dash(name) and sys.stdin is None:
            raise InputError("standard input is closed: give the film as a file.")
        path = self._place / ("stdin" if is_dash(name) else pipe.stem or "pipe")
        try:
            with path.open("wb") as file:
                if is_dash(name):
                    shutil.copyfileobj(sys.stdin.buffer, file)
                else:
                    with pipe.open("rb") as content:
                        shutil.copyfileobj(content, file)
        except OSError as error:
            raise InputError(f"the film cannot be read from the pipe ({error}): give it as a file.") from error
        return str(path)

    def with_output(self, flags: FilmRunFlags) -> FilmRunFlags:
        """Return the flags with a file for standard output (`-`), which gets Matroska.

        Raises: InputError: it is closed, or is also used for something else.
        """
        if not is_dash(flags.output):
            return flags
        if flags.json or flags.dry_run or flags.resume or flags.finish or sys.stdout is None:
            raise InputError(
                "-o - writes a film to standard output, which must be open, and goes with none of --json, --dry-run, "
                "--resume and --finish: write to a file with -o."
            )
        return replace(flags, output=str(self._place / STDOUT))
