"""`brushwork plan …`: iterations, memory and time of a command, without running it."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from functools import partial, update_wrapper
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich import box
from rich.table import Table

from brushwork import devices, jobs
from brushwork.cli.commands import paint, reconstruct, texture
from brushwork.cli.consoles import make_console
from brushwork.cli.output import FAILURE, log, print_json
from brushwork.cli.progress import format_minutes
from brushwork.cli.request import Request
from brushwork.errors import InputError
from brushwork.units import format_gigabytes


def print_plan(request: Request) -> int:
    """Print the plan of every job: sizes, iterations, memory, time. Return exit code 1 if one does not fit."""
    devices.set_threads(request.flags.threads)
    if not request.flags.quiet:
        log("measuring how fast this machine is")
    plans = list(zip(request.jobs, _plan_all(request), strict=True))
    if request.flags.json:
        documents = [_document(job, one) for job, one in plans]
        print_json(documents if request.is_batch else documents[0])
    else:
        for job, one in plans:
            _print(job, one, is_limited=request.flags.memory is not None)
    return 0 if all(one.fits for _, one in plans) else FAILURE


def _plan_all(request: Request) -> list[jobs.JobPlan]:
    """Return the plan of each job on its own: memory that planning adds to the process is not counted."""
    found: list[jobs.JobPlan] = []
    for job in request.jobs:
        found.append(jobs.plan_job(job, memory=request.flags.memory, held=found[0].held if found else None))
    return found


def _print(job: jobs.Job, one: jobs.JobPlan, *, is_limited: bool) -> None:
    terminal = make_console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("size", "iterations", "memory", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for level in one.levels:
        table.add_row(str(level.size), _work(level.iterations), format_gigabytes(level.memory), _time(level.seconds))
    table.add_section()
    table.add_row("all", _work(one.iterations), format_gigabytes(one.memory), _time(one.seconds), style="bold")
    terminal.print(f"{job.output} on {one.device}", soft_wrap=True)
    terminal.print(table)
    terminal.print(_verdict(job, one, is_limited=is_limited), soft_wrap=True)


def _verdict(job: jobs.Job, one: jobs.JobPlan, *, is_limited: bool) -> str:
    if one.available is None:
        return "The amount of free memory is unknown."
    if one.fits:
        return f"It fits{f' in {one.tiling}' if one.tiling else ''}: {format_gigabytes(one.available)} are available."
    largest = (
        f"The largest that fits is {job.options.describe_size(one.max_size)}." if one.max_size else "No size fits."
    )
    ways = [one.memory_flags] if one.memory_flags else []
    ways += [f"--memory {devices.least_limit(one.memory)}"] if is_limited else []
    others = f" It fits with {', or with '.join(ways)}." if ways else ""
    return f"It does not fit: {format_gigabytes(one.available)} are available. {largest}{others}"


def _work(iterations: int) -> str:
    return str(iterations) if iterations else "one pass"


def _time(seconds: float | None) -> str:
    return "?" if seconds is None else format_minutes(seconds)


def _document(job: jobs.Job, one: jobs.JobPlan) -> dict[str, Any]:
    levels = [{**asdict(level), "size": [level.size.width, level.size.height]} for level in one.levels]
    totals = {"iterations": one.iterations, "memory": one.memory, "seconds": one.seconds}
    verdict: dict[str, Any] = {
        "available": one.available,
        "fits": one.fits,
        "largest": one.max_size,
        "memory_flags": one.memory_flags,
    }
    verdict["tiling"] = None if one.tiling is None else one.tiling._asdict()
    return {"output": str(job.output), "device": one.device, "levels": levels, **totals, **verdict}


def _only_planned(command: Any) -> Any:
    return update_wrapper(partial(command, execute=print_plan), command)


app = App(
    name="plan",
    help="Print what a command would need: sizes, iterations, memory and time. Nothing is painted.",
    usage="Usage: brushwork plan [COMMAND] [OPTIONS] CONTENT STYLE...",
)
app.default(_only_planned(paint.paint))
app.command(
    _only_planned(texture.texture),
    name="texture",
    usage="Usage: brushwork plan texture [OPTIONS] IMAGE...",
    help="Print what a texture would need: sizes, iterations, memory and time. Nothing is written.",
)


@app.command(help="Films have a plan of their own: brushwork video CLIP PAINTING --dry-run.", show=False)
def video(*words: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Refuse a film, with the command that plans it.

    Parameters
    ----------
    words
        What `brushwork video` takes.
    """
    command = shlex.join(["brushwork", "video", *(words or ("CLIP", "PAINTING")), "--dry-run"])
    raise InputError(f"a film is planned by the command that paints it: {command}")


_RECONSTRUCT = App(name="reconstruct", help="Print what a reconstruction would need; nothing is written.")
_RECONSTRUCT.command(
    _only_planned(reconstruct.content),
    name="content",
    usage="Usage: brushwork plan reconstruct content [OPTIONS] IMAGE...",
    help="Print what a reconstruction from content features would need: iterations, memory and time.",
)
_RECONSTRUCT.command(
    _only_planned(reconstruct.style),
    name="style",
    usage="Usage: brushwork plan reconstruct style [OPTIONS] IMAGE...",
    help="Print what a reconstruction from style statistics would need: iterations, memory and time.",
)
app.command(_RECONSTRUCT)
