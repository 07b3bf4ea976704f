"""`brushwork reproduce`: repeat experiments of the papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from brushwork import devices, encoders, experiments
from brushwork import jobs as work
from brushwork.choices import Precision, WorkerEngine
from brushwork.cli.config import FLAG_ONLY
from brushwork.cli.flags import MACHINE, home_path
from brushwork.cli.output import log, print_result
from brushwork.cli.run_flags import Device
from brushwork.cli.temporary import temporary_beside
from brushwork.errors import InputError
from brushwork.options import SMALLEST_SIDE
from brushwork.storage.file_names import to_command_line
from brushwork.storage.pipes import require_no_pipe

Images: TypeAlias = Annotated[tuple[Path, ...], Parameter(negative=(), show_default=False)]


def reproduce(
    *names: str,
    content: Images = (),
    style: Annotated[Images, FLAG_ONLY] = (),
    size: Annotated[int | None, FLAG_ONLY] = None,
    quick: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    out: Annotated[Path, Parameter(alias="-o", converter=home_path)] = Path("reproductions"),
    jobs: Annotated[int, Parameter(group=MACHINE)] = 1,
    engine: Annotated[WorkerEngine, Parameter(group=MACHINE), FLAG_ONLY] = "processes",
    device: Device = "auto",
    precision: Annotated[Precision, Parameter(group=MACHINE)] = "auto",
) -> int:
    """Repeat experiments of the papers, each with a report: a page with its images, and the measures as JSON.

    `brushwork reproduce` lists the experiments with their papers. Existing results are not computed again.

    Parameters
    ----------
    names
        Names of experiments, or all.
    content
        Content images, instead of those of the package; most experiments use the first.
    style
        Style images, likewise.
    size
        Long side of the results in pixels; default: 512, as in the papers, and 192 with --quick.
    quick
        Small images and two fifths of the iterations (four fifths for fig3): enough to check most claims. All
        experiments together take about 45 minutes on one CPU core.
    out
        Folder for the reports; each experiment has a subfolder.
    jobs
        Number of processes; with Ray, the CPUs per cell.
    engine
        Where cells run: in processes on this machine, or on a Ray cluster (the one that RAY_ADDRESS names, or a local
        one; needs the extra brushwork[ray]). Its machines must see the images and the folder under the same paths.
    precision
        Precision of the network's layers; bf16 halves the time on CPUs with AMX.
    """
    size = (experiments.QUICK_SIZE if quick else experiments.FULL_SIZE) if size is None else size
    require_size_and_jobs(size, jobs)
    executor = work.pick_executor(jobs, engine)
    for path in (*content, *style):
        require_no_pipe(path)  # each cell reads it
    if not names:
        for name, line in experiments.EXPERIMENTS.items():
            print_result(f"{name}: {line}")
    if names == ("all",):
        names = tuple(experiments.EXPERIMENTS)
    selected = devices.select_device(device)
    place, emulation = str(selected), encoders.describe_emulation(precision, selected)
    if emulation is not None:
        log(emulation)
    if engine == "ray":  # its workers have their own current folders
        out, content, style = out.absolute(), _absolute(content), _absolute(style)
    for name in [experiments.load_experiment(name).name for name in names]:
        request = experiments.ExperimentRequest(name, out / name, content, style, size, quick, place, precision)
        print_result(str(_report(request, executor)))
    return 0


def _absolute(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(path.absolute() for path in paths)


def _command(request: experiments.ExperimentRequest) -> str:
    """Return the command that makes this report; images by name, without their folders."""
    images = {"--content": request.contents, "--style": request.styles}
    named = [word for flag, paths in images.items() for path in paths for word in (flag, path.name)]
    quick = ["--quick"] if request.is_quick else []
    precision = [] if request.precision == "auto" else ["--precision", request.precision]
    words = ["brushwork", "reproduce", request.experiment, *quick, "--size", str(request.size), *precision, *named]
    return to_command_line(words)


def require_size_and_jobs(size: int, jobs: int) -> None:
    """Check that the size is large enough, and that there is at least one process.

    Raises: InputError.
    """
    if size < SMALLEST_SIDE:
        raise InputError(f"size is {size}: it must be {SMALLEST_SIDE} pixels or more.")
    if jobs < 1:
        raise InputError(f"jobs is {jobs}: it must be 1 or more.")


def _report(request: experiments.ExperimentRequest, executor: work.Executor | None) -> Path:
    results: dict[str, experiments.CellResult] = {}
    with temporary_beside(request.folder):
        for name, one in experiments.run_cells(request, executor):
            results[name] = one
            log(f"{request.experiment} {name}: {one.seconds:.0f} s")
    context, kind = request.load_context(), experiments.load_experiment(request.experiment)
    ordered = [results[cell.name] for cell in kind.cells(context)]
    report = experiments.ExperimentReport(
        kind, context.inputs, ordered, created_by=_command(request), device=request.device
    )
    for check in report.checks:
        verdict = {True: "holds", False: "does not hold", None: "look"}[check.holds]
        log(f"{verdict}: {check.claim}: {check.measured}")
    return report.write(request.folder)
