"""`brushwork video`: films in the style of paintings."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

from cyclopts import App, Parameter

from brushwork import devices
from brushwork import video as films
from brushwork.cli.dashes import STREAM, is_dash
from brushwork.cli.file_stamps import FileStamps
from brushwork.cli.film_flags import FilmMethodFlags, FilmRunFlags, FrameFlags
from brushwork.cli.film_plan import print_film_plan
from brushwork.cli.film_preview import write_preview
from brushwork.cli.film_progress import FilmProgress
from brushwork.cli.film_request import FilmRequest
from brushwork.cli.film_streams import FilmStreams
from brushwork.cli.flags import SETTINGS, ConfigFile, Given, make_flags
from brushwork.cli.output import InterruptedRunError, log, print_json, print_result, write_file_to_stdout
from brushwork.cli.progress import format_minutes, make_display
from brushwork.cli.signals import SIGNALS
from brushwork.recipes import load_preset
from brushwork.video.options import FilmOptions, OptimizedFilmOptions

_DEFAULT = replace(load_preset("default"), size=480, measure="short")

if TYPE_CHECKING:
    FrameOptionFlags: TypeAlias = Given
    FilmFlags: TypeAlias = Given
    OptimizedFilmFlags: TypeAlias = Given
else:
    FrameOptionFlags = make_flags(_DEFAULT, without=("iterations",))
    FilmFlags = make_flags(FilmOptions())
    OptimizedFilmFlags = make_flags(OptimizedFilmOptions())


app = App(name="video", usage="Usage: brushwork video [OPTIONS] CLIP STYLE... -o OUT.mp4")


@app.default
def video(
    clip: Annotated[str, STREAM],
    /,
    *styles: str,
    preset_name: Annotated[str, Parameter(name="--preset", group=SETTINGS)] = "default",
    config: ConfigFile = None,
    method: FilmMethodFlags = FilmMethodFlags(),  # noqa: B008
    frames: FrameFlags = FrameFlags(),  # noqa: B008
    flags: FilmRunFlags = FilmRunFlags(),  # noqa: B008
    film: Annotated[FilmFlags, Parameter(name="*")] = {},  # noqa: B006
    optimized: Annotated[OptimizedFilmFlags, Parameter(name="*")] = {},  # noqa: B006
    given: Annotated[FrameOptionFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Paint a film in the style of a painting, so that the style stays on the objects.

    `brushwork video clip.mp4 painting.jpg -o painted.mp4`. Sound, subtitles and times are kept. Ctrl-C, SIGTERM or a
    crash costs at most a frame: `--resume` continues to the same film, byte for byte; `--finish` makes a film of the
    frames so far. A folder of pictures is a film, too. Needs the extra brushwork[video].

    Parameters
    ----------
    clip
        The film: a file, a folder of pictures, a pattern such as in/%04d.png, or - for standard input.
    styles
        The paintings; several are blended.
    preset_name
        With --optimize: settings of a published program: ruder-2016, for films, or one that `brushwork presets` lists.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    devices.set_threads(flags.threads)
    with FilmStreams() as streams:
        request = FilmRequest(
            clip=streams.input_path(clip),
            styles=styles,
            preset=preset_name,
            method=method.with_one_method(styles, quiet=flags.quiet),
            frames=frames,
            flags=streams.with_output(flags),
            film=film,
            optimized=optimized,
            options=given,
        )
        return _execute(request, to_stdout=is_dash(flags.output))


def _execute(request: FilmRequest, *, to_stdout: bool) -> int:
    """Execute the request; return the exit code."""
    flags = request.flags
    if flags.preview:
        output = write_preview(request, quiet=to_stdout)
    elif flags.dry_run:
        job = request.job()
        plan = films.plan_film(request.without_new_folder(job), memory=flags.memory)
        print_film_plan(plan, job, flags.json)
        return 0
    else:
        job = request.job()
        request.make_folder()
        output = _run(job, flags, quiet=to_stdout)
    if to_stdout:
        write_file_to_stdout(output)
    return 0


def _run(job: films.FilmJob, flags: FilmRunFlags, *, quiet: bool) -> Path:
    if not job.method.is_iterative:
        devices.keep_memory()
    events = films.run_film(
        job.with_absolute_paths() if flags.ray else job,
        resume=flags.resume,
        finish=flags.finish,
        memory=flags.memory,
        workers=flags.workers,
        worker_engine="ray" if flags.ray else "processes",
    )
    analysis, finished = job.workspace / "frames.json", None
    stamps = FileStamps(analysis, resume=flags.resume)
    with make_display(job.output.name, flags.quiet) as display:
        progress = FilmProgress(display)
        try:
            with closing(events):
                for event in events:
                    SIGNALS.require_none()
                    progress.show(event)
                    if isinstance(event, films.FilmFinished):
                        finished = event
        except KeyboardInterrupt as interruption:
            kept = stamps.is_own(analysis) and not quiet
            what = f"{progress.done} frames are kept in {job.workspace}." if kept else "nothing was saved."
            raise InterruptedRunError(f"interrupted; {what}", interruption, kept=kept) from None
    assert finished is not None
    _report(finished, progress.painted, flags, quiet=quiet)
    return finished.path


def _report(finished: films.FilmFinished, painted: int, flags: FilmRunFlags, *, quiet: bool) -> None:
    if not flags.quiet:
        for note in finished.notes:
            log(note)
        log(f"{finished.frames} frames, {painted} of them painted in {format_minutes(finished.seconds)}")
    if flags.json:
        document = finished._asdict() | {"path": str(finished.path), "painted": painted}
        print_json(document)
    elif not quiet:
        print_result(str(finished.path))
