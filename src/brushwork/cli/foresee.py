"""`brushwork plan …`: what a command would take; nothing is painted."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial, update_wrapper
from typing import Any

from cyclopts import App
from rich import box
from rich.table import Table

from brushwork.cli import mdan, paint, reconstruct, texture
from brushwork.cli.consoles import console
from brushwork.cli.exits import FAILURE
from brushwork.cli.order import Order
from brushwork.cli.output import print_json, tell
from brushwork.cli.pace import minutes
from brushwork.cli.perform import use_threads
from brushwork.evaluate.plan import Plan
from brushwork.jobs import Job, OnePass, plan, plan_at_once
from brushwork.recipes import Texture


def foresee(order: Order) -> int:
    """Print the plan of every job: sizes, closures, memory, time. The exit code is 1 where one does not fit."""
    use_threads(order.running.threads)
    if not order.running.quiet and any(isinstance(job, Job) for job in order.jobs):
        tell("measuring how fast this machine is")
    plans = [(job, _plan(job, order.running.memory)) for job in order.jobs]
    if order.running.json:
        documents = [_document(job, one) for job, one in plans]
        print_json(documents if order.many else documents[0])
    else:
        for job, one in plans:
            _print(job, one)
    return 0 if all(one.fits for _, one in plans) else FAILURE


def _plan(job: Job | OnePass, memory: int | None) -> Plan:
    return plan(job, memory=memory) if isinstance(job, Job) else plan_at_once(job, memory=memory)


def _print(job: Job | OnePass, one: Plan) -> None:
    terminal = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("size", "closures", "memory", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for level in one.levels:
        table.add_row(str(level.size), str(level.closures), gigabytes(level.memory), _time(level.seconds))
    table.add_section()
    table.add_row("all", str(one.closures), gigabytes(one.memory), _time(one.seconds), style="bold")
    terminal.print(f"{job.output} on {one.device}", soft_wrap=True)
    terminal.print(table)
    terminal.print(_verdict(job, one), soft_wrap=True)


def _verdict(job: Job | OnePass, one: Plan) -> str:
    if one.available is None:
        return "How much memory there is, is not known."
    if one.fits:
        return f"It fits{f' in {one.tiling}' if one.tiling else ''}: {gigabytes(one.available)} may be used."
    return f"It does not fit: {gigabytes(one.available)} may be used. {_what_fits(job, one.largest)}"


def _what_fits(job: Job | OnePass, largest: int | None) -> str:
    if not largest:
        return "No size does."
    if isinstance(job.options, Texture):
        return f"The largest that does has {largest} pixels on its long side."
    return f"The largest that does is --size {largest}."


def gigabytes(amount: int) -> str:
    """An amount of memory for people."""
    return f"{amount / BYTES_PER_GIGABYTE:.2f} GB"


BYTES_PER_GIGABYTE = 1e9


def _time(seconds: float | None) -> str:
    return "?" if seconds is None else minutes(seconds)


def _document(job: Job | OnePass, one: Plan) -> dict[str, Any]:
    levels = [{**asdict(level), "size": [level.size.width, level.size.height]} for level in one.levels]
    totals = {"closures": one.closures, "memory": one.memory, "seconds": one.seconds}
    verdict: dict[str, Any] = {"available": one.available, "fits": one.fits, "largest": one.largest}
    verdict["tiling"] = None if one.tiling is None else one.tiling._asdict()
    return {"output": str(job.output), "device": one.device, "levels": levels, **totals, **verdict}


def _only_planned(command: Any) -> Any:
    return update_wrapper(partial(command, act=foresee), command)


app = App(
    name="plan",
    help="Say what a command would take: sizes, closures, memory and time. Nothing is painted.",
    usage="Usage: brushwork plan [COMMAND] [OPTIONS] CONTENT STYLE...",
)
app.default(_only_planned(paint.paint))
app.command(_only_planned(mdan.mdan), name="mdan")
app.command(_only_planned(texture.texture), name="texture")
_RECONSTRUCT = App(name="reconstruct", help="Plan a reconstruction.")
_RECONSTRUCT.command(_only_planned(reconstruct.content), name="content")
_RECONSTRUCT.command(_only_planned(reconstruct.style), name="style")
app.command(_RECONSTRUCT)
