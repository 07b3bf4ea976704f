"""Paint an order: progress and notes to stderr, results to stdout."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from brushwork.cli.dashes import is_dash
from brushwork.cli.exits import Interrupted, exit_code, fail, message
from brushwork.cli.order import Order, require_optimized
from brushwork.cli.output import print_json, result, send, tell
from brushwork.cli.progress import Display, display
from brushwork.cli.ranks import ranks, silent
from brushwork.cli.report import Report
from brushwork.cli.running import Running
from brushwork.cli.signals import SIGNALS
from brushwork.cli.targets import names_folder, require_free
from brushwork.cli.temporary import temporary_beside
from brushwork.cli.watchers import Watcher, extra_files, require_watchers, watchers
from brushwork.errors import BrushworkError, InputError, RankLost
from brushwork.evaluate.wire import Wire
from brushwork.jobs import Event, Job, Note, OnePass, Passed, Started, paint, paint_at_once, paint_together
from brushwork.jobs.crew import agreed
from brushwork.recipes import Progress

_MOST_THREADS = 1024
"""OpenMP ends the process where the system refuses a thread."""


def perform(order: Order) -> int:
    """Paint every job of an order. Of several, one that fails does not keep the others from being painted.

    Where a launcher started several processes, all of them paint at each picture.
    """
    with temporary_beside(order.jobs[0].output.parent), ranks(order) as wire:
        return _perform(order, wire)


def _perform(order: Order, wire: Wire | None) -> int:
    running = order.running
    if wire is None:
        _require(order)
    else:
        agreed(wire, lambda: None if wire.rank else _require(order))
    use_threads(running.threads)
    documents: list[dict[str, Any]] = []
    code = 0
    for number, job in enumerate(order.jobs, start=1):
        place = f"{number}/{len(order.jobs)} " if len(order.jobs) > 1 else ""
        try:
            documents.append(_painted(job, running, f"{place}{job.output.name}", wire))
        except BrushworkError as error:
            if not order.many or isinstance(error, RankLost):
                raise
            fail(f"{job.output.name}: {message(error)}")
            documents.append({"output": str(job.output), "error": message(error)})
            code = max(code, exit_code(error))
    if running.json and (wire is None or wire.rank == 0):
        print_json(documents if order.many else documents[0])
    return code


def use_threads(threads: int | None) -> None:
    """Let torch compute on so many threads.

    Raises: InputError: fewer than one, or more than a machine gives to a process.
    """
    if threads is None:
        return
    if not 1 <= threads <= _MOST_THREADS:
        raise InputError(f"threads is {threads}: it must be from 1 to {_MOST_THREADS}, at best one for each core.")
    torch.set_num_threads(threads)


def _require(order: Order) -> None:
    """Find what cannot work before anything is painted."""
    running = order.running
    require_optimized(order)
    if running.json and is_dash(running.output):
        raise InputError("--json and -o - both want standard output: give the picture a file with -o.")
    if order.many and (running.plot or running.timelapse):
        raise InputError("--plot and --timelapse show one painting, and there may be several: paint them one by one.")
    require_watchers(running)
    if not running.force and not running.resume:
        outputs = (file for job in order.jobs for file in job.files)
        require_free([*outputs, *(file for job in order.jobs for file in extra_files(running, job))])
    if order.many or names_folder(running.output):
        for folder in {job.output.parent for job in order.jobs}:
            _make(folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder {folder} cannot be made ({error.strerror}): choose another with -o.") from error


def _painted(job: Job | OnePass, running: Running, title: str, wire: Wire | None) -> dict[str, Any]:
    report = Report(job)
    events = _events(job, running, wire)
    running = silent(running) if wire is not None and wire.rank else running
    seen = watchers(running, job)
    try:
        with closed(events) as events, display(title, running.quiet) as shown:
            for event in events:
                SIGNALS.require_none()
                report.see(event)
                _show(event, shown, seen)
        for watcher in seen:
            watcher.finish()
    except KeyboardInterrupt as interruption:
        raise _interrupted(job, running, interruption) from None
    _deliver(job, report, running)
    return report.document()


def _events(job: Job | OnePass, running: Running, wire: Wire | None) -> Iterator[Event]:
    if isinstance(job, OnePass):
        yield from paint_at_once(job, resume=running.resume, memory=running.memory)
        return
    if wire is None:
        yield from paint(job, resume=running.resume, checkpoint_every=running.checkpoint_every, memory=running.memory)
        return
    with SIGNALS.listening(waits=True) as interrupted:
        yield from paint_together(
            job,
            wire,
            resume=running.resume,
            checkpoint_every=running.checkpoint_every,
            memory=running.memory,
            watched=bool(running.save_every or running.timelapse),
            interrupted=interrupted,
        )


def _show(event: Event, shown: Display, seen: list[Watcher]) -> None:
    match event:
        case Started(device, levels, spent, alpha):
            for watcher in seen:
                watcher.begin(alpha)
            sizes = " → ".join(str(level.size) for level in levels)
            closures = sum(level.closures for level in levels)
            resumed = f", resumed after {spent}" if spent else ""
            work = f"{closures} closures{resumed}" if closures else "at once"
            shown.say(f"painting on {device_name(device)}: {sizes}, {work}")
        case Note(text):
            shown.say(text)
        case Passed(done):
            shown.reach(done)
        case Progress():
            shown.see(event)
            for watcher in seen:
                watcher.see(event)


def device_name(device: torch.device) -> str:
    """The device, in words."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"cpu ({threads} thread{'s' if threads > 1 else ''})"
    return str(device)


def _deliver(job: Job | OnePass, report: Report, running: Running) -> None:
    """Say where the picture is, or send it where it was asked for."""
    if not running.quiet:
        tell(report.summary)
    if is_dash(running.output):
        send(job.output)
    elif not running.json:
        result(str(job.output))


def _interrupted(job: Job | OnePass, running: Running, interruption: KeyboardInterrupt) -> Interrupted:
    kept = isinstance(job, Job) and job.checkpoint.exists() and not is_dash(running.output)
    what = f"the picture so far is {job.output}." if kept else "nothing was kept."
    return Interrupted(f"interrupted; {what}", interruption, kept=kept)


@contextmanager
def closed(events: Iterator[Event]) -> Iterator[Iterator[Event]]:
    """Close a generator at the end, whatever happens: the job then keeps what there is."""
    try:
        yield events
    finally:
        if isinstance(events, Generator):
            events.close()
