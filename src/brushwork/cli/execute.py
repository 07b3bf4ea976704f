"""Execute a request: progress and notes to stderr, results to stdout."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from brushwork import devices, distributed, jobs, recipes
from brushwork.cli.callbacks import (
    Callback,
    list_numbered_images,
    make_callbacks,
    named_files,
    require_callbacks,
    require_separate_files,
)
from brushwork.cli.dashes import is_dash
from brushwork.cli.distributed import connect, silence
from brushwork.cli.file_stamps import FileStamps
from brushwork.cli.output import (
    InterruptedRunError,
    exit_code_for,
    format_error,
    log,
    print_failure,
    print_json,
    print_result,
    write_file_to_stdout,
)
from brushwork.cli.paths import is_folder_name, require_no_overwrite
from brushwork.cli.progress import format_minutes, show_events
from brushwork.cli.request import Request
from brushwork.cli.run_flags import RunFlags
from brushwork.cli.signals import SIGNALS
from brushwork.cli.temporary import temporary_beside
from brushwork.distributed.launch import is_distributed_launch
from brushwork.errors import BrushworkError, InputError, RankLostError
from brushwork.jobs.options_json import options_to_json
from brushwork.storage.folders import make_folder


def execute(request: Request) -> int:
    """Run every job of a request and return the exit code. If one of several fails, the others still run.

    All processes that a launcher started work together on each job.
    """
    with temporary_beside(request.jobs[0].output.parent), connect(request.flags.device) as group:
        return _perform(request, group)


def _perform(request: Request, group: distributed.ProcessGroup | None) -> int:
    flags = request.flags
    if group is None:
        _require(request)
    else:
        jobs.run_on_all_ranks(group, lambda: None if group.rank else _require(request))
    devices.set_threads(flags.threads)
    if not any(job.options.is_iterative for job in request.jobs):
        devices.keep_small_blocks()
    documents: list[dict[str, Any]] = []
    code = 0
    for number, job in enumerate(request.jobs, start=1):
        place = f"{number}/{len(request.jobs)} " if len(request.jobs) > 1 else ""
        try:
            document, ended = _run_one(job, flags, f"{place}{job.output.name}", group)
            documents.append(document)
            code = max(code, ended)
        except BrushworkError as error:
            if not request.is_batch or isinstance(error, RankLostError):
                raise
            print_failure(f"{job.output.name}: {format_error(error)}")
            documents.append({"output": str(job.output), "error": format_error(error)})
            code = max(code, exit_code_for(error))
    if flags.json and (group is None or group.rank == 0):
        print_json(documents if request.is_batch else documents[0])
    return code


def _require(request: Request) -> None:
    """Check everything that can be checked before the first job runs."""
    flags = request.flags
    _require_iterative(request)
    if flags.json and is_dash(flags.output):
        raise InputError("--json and -o - both write to standard output: write the image to a file with -o.")
    if request.is_batch and (flags.plot or flags.timelapse):
        raise InputError(
            "--plot and --timelapse show a single run, but there may be several: paint the images one at a time."
        )
    require_callbacks(flags)
    for job in request.jobs:
        require_separate_files(flags, job)
    if not flags.force and not flags.resume:
        outputs = (file for job in request.jobs for file in job.files)
        require_no_overwrite([*outputs, *(file for job in request.jobs for file in list_numbered_images(flags, job))])
        for flag, file in named_files(flags).items():
            require_no_overwrite([file], flag)
    if request.is_batch or is_folder_name(flags.output):
        for folder in {job.output.parent for job in request.jobs}:
            make_folder(folder)


def _require_iterative(request: Request) -> None:
    """Check that no flag depends on iterations if the jobs have none.

    Raises: InputError: intermediate images, a plot, or several processes.
    """
    if all(job.options.is_iterative for job in request.jobs):
        return
    flags = request.flags
    given = {"save-every": flags.save_every, "plot": flags.plot, "timelapse": flags.timelapse}
    for name, value in given.items():
        if value is not None:
            raise InputError(f"--{name} shows iterations, but feed-forward methods have none: remove it.")
    if is_distributed_launch():
        raise InputError("feed-forward methods run in a single process: start brushwork without a launcher.")


def _run_one(
    job: jobs.Job, flags: RunFlags, title: str, group: distributed.ProcessGroup | None
) -> tuple[dict[str, Any], int]:
    """Run a job; return its report and the exit code."""
    report, stamps = RunReport(job), FileStamps(job.output, job.checkpoint, resume=flags.resume)
    events = _events(job, flags, group)
    flags = silence(flags) if group is not None and group.rank else flags
    callbacks = make_callbacks(flags, job)
    try:
        with closing(show_events(events, title, flags.quiet)) as shown:
            for event in shown:
                SIGNALS.require_none()
                report.update(event)
                for callback in callbacks:
                    callback.on_event(event)
    except KeyboardInterrupt as interruption:
        raise _interruption_error(job, flags, stamps, interruption) from None
    _deliver(job, report, flags)
    errors = _end(callbacks)
    document = report.to_json() | ({"error": " ".join(map(format_error, errors))} if errors else {})
    return document, max(map(exit_code_for, errors), default=0)


def _end(callbacks: Sequence[Callback]) -> list[BrushworkError]:
    """End the callbacks; print and return the errors of those that cannot write their files: the job itself is done."""
    errors = []
    for callback in callbacks:
        try:
            callback.on_end()
        except BrushworkError as error:
            print_failure(format_error(error))
            errors.append(error)
    return errors


def _events(job: jobs.Job, flags: RunFlags, group: distributed.ProcessGroup | None) -> Generator[jobs.JobEvent]:
    if group is None:
        yield from jobs.run_job(job, resume=flags.resume, checkpoint_every=flags.checkpoint_every, memory=flags.memory)
        return
    with SIGNALS.listen(waits=True) as interrupted:
        yield from jobs.run_distributed_job(
            job,
            group,
            resume=flags.resume,
            checkpoint_every=flags.checkpoint_every,
            memory=flags.memory,
            watched=bool(flags.save_every or flags.timelapse),
            interrupted=interrupted,
        )


def _deliver(job: jobs.Job, report: RunReport, flags: RunFlags) -> None:
    """Print the path of the result, or write it to standard output if requested."""
    if not flags.quiet:
        log(report.summary)
    if is_dash(flags.output):
        write_file_to_stdout(job.output)
    elif not flags.json:
        print_result(str(job.output))


def _interruption_error(
    job: jobs.Job, flags: RunFlags, stamps: FileStamps, interruption: KeyboardInterrupt
) -> InterruptedRunError:
    """Return the error of an interrupted run, which says what it saved; files of an earlier run do not count."""
    kept, is_saved = False, False
    if not is_dash(flags.output):
        kept, is_saved = stamps.is_own(job.checkpoint), stamps.is_own(job.output) and _is_unfinished(job.output)
    what = f"the image so far is in {job.output}." if kept or is_saved else "nothing was saved."
    return InterruptedRunError(f"interrupted; {what}", interruption, kept=kept)


def _is_unfinished(path: Path) -> bool:
    """Return whether a file is an image that was saved before its run ended."""
    from brushwork.jobs.manifest import read_embedded_result  # imports torch, for which no help page waits

    with suppress(InputError):
        return not read_embedded_result(path).is_finished
    return False


class RunReport:
    """Collects the report of a job from its events."""

    def __init__(self, job: jobs.Job) -> None:
        self._job = job
        self._started: jobs.Started | None = None
        self._finished: jobs.Finished | None = None

    def update(self, event: jobs.JobEvent) -> None:
        """Record an event."""
        match event:
            case jobs.Started():
                self._started = event
            case jobs.Finished():
                self._finished = event

    @property
    def summary(self) -> str:
        """Return a one-line summary of the run."""
        finished = self._finished
        if finished is None:
            return "nothing was painted."
        if self._started is None:
            return " ".join(finished.notes)
        if not finished.iterations:
            return f"painted in {format_minutes(finished.seconds)}"
        return f"{finished.iterations} iterations in {format_minutes(finished.seconds)}, loss {finished.total:.4g}"

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        job, started, finished = self._job, self._started, self._finished
        document: dict[str, Any] = {
            "output": str(job.output),
            "content": None if job.content is None else str(job.content),
            "styles": [str(style) for style in job.styles],
        }
        if finished is not None:
            if finished.iterations:
                document |= {"loss": finished.total, "losses": dict(finished.losses), "iterations": finished.iterations}
            document |= {
                "seconds": round(finished.seconds, 3),  # milliseconds
                "notes": list(finished.notes),
            }
        if started is not None:
            levels = [_level(one) for one in started.levels]
            document |= {"size": levels[-1]["size"], "levels": levels, "device": str(started.device)}
        return document | {"method": job.options.method, "options": options_to_json(job.options)}


def _level(level: recipes.ScheduleLevel) -> dict[str, Any]:
    return {"size": [level.size.width, level.size.height], "iterations": level.iterations}
