"""What all commands that train share: their flags, and how a training is shown."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.exits import Interrupted
from brushwork.cli.launched import is_launched
from brushwork.cli.options import home_path, whole
from brushwork.cli.output import print_json, result, tell
from brushwork.cli.panels import MACHINE, OUTPUT
from brushwork.cli.perform import device_name, use_threads
from brushwork.cli.plot import draw_losses, require_plot
from brushwork.cli.ranks import connected
from brushwork.cli.signals import SIGNALS
from brushwork.cli.temporary import temporary_beside
from brushwork.cli.train_progress import Teaching, teaching
from brushwork.evaluate.machine import pick_device
from brushwork.evaluate.wire import Wire
from brushwork.fast.painter import ENDING
from brushwork.folders import expanded
from brushwork.jobs.job import DeviceName
from brushwork.training.course import Course
from brushwork.training.events import Begun, Graduated, Judged, Learned, Told
from brushwork.training.history import History
from brushwork.training.keeper import require_resumable
from brushwork.training.lesson import Lesson
from brushwork.training.photographs import photographs_in
from brushwork.training.school import teach

Output: TypeAlias = Annotated[
    Path | None,
    Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"PAINTER{ENDING}", show_default=False),
]
Flag: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Schooling:
    """How a training runs."""

    output: Output = None
    """Where the painter goes; without it, a file in the current folder, named after the style. Losses (.json),
    validation pictures (a folder) and the checkpoint of an unfinished training lie beside it."""

    name: Annotated[str, Parameter(group=OUTPUT, show_default=False)] = ""
    """The painter's name; without it, that of its file."""

    license: Annotated[str, Parameter(group=OUTPUT, show_default=False)] = ""
    """License of the painter, which is written into it."""

    force: Flag = False
    """Overwrite what is there."""

    resume: Flag = False
    """Go on with what was interrupted; it ends bit for bit as if it never had been."""

    plot: Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path)] = None
    """Draw the losses into this file (.png, .pdf, .svg); needs the extra brushwork[plot]."""

    json: Flag = False
    """Print one JSON document instead of the path: painter, iterations, seconds, losses."""

    quiet: Annotated[Flag, Parameter(alias="-q")] = False
    """Say nothing but errors and the result."""

    device: Annotated[DeviceName, Parameter(group=MACHINE)] = "auto"
    """Where to compute; auto takes the fastest that is there."""

    threads: Annotated[int | None, Parameter(group=MACHINE, converter=whole)] = None
    """Threads on the CPU; without it, OMP_NUM_THREADS or one for each core."""

    checkpoint_every: Annotated[float, Parameter(group=MACHINE, show_default="60")] = 60.0
    """Seconds between checkpoints, which `--resume` goes on from; the first one comes after 5."""


Prepared: TypeAlias = Callable[[torch.device], tuple[Lesson, Course]]
"""Makes the lesson on a device, and says how it is taught; `scheduled` puts the flags in."""


def train(schooling: Schooling, prepared: Prepared) -> int:
    """Teach a lesson, and show how it goes. Where a launcher started several processes, all of them teach it."""
    if schooling.plot:
        require_plot(schooling.plot)
    use_threads(schooling.threads)
    place = expanded(schooling.output or Path()).parent
    with temporary_beside(place), connected(schooling.device) as wire:
        if wire is not None and wire.rank:
            schooling = replace(schooling, quiet=True, plot=None)
        return _trained(schooling, prepared, wire)


def scheduled(course: Course, schooling: Schooling) -> Course:
    """The course with what the flags say of files."""
    return replace(
        course,
        name=schooling.name,
        license=schooling.license,
        overwrite=schooling.force,
        resume=schooling.resume,
        checkpoint_every=schooling.checkpoint_every,
    )


def _trained(schooling: Schooling, prepared: Prepared, wire: Wire | None) -> int:
    device = pick_device(schooling.device)
    lesson, course = prepared(device)
    course = scheduled(course, schooling)
    if course.photographs is not None and not schooling.quiet and (note := photographs_in(course.photographs).note):
        tell(note)
    require_resumable(course)
    with SIGNALS.listening(waits=True) as interrupted, teaching(course.output.name, schooling.quiet) as shown:
        events = teach(lesson, course, device, wire, interrupted)
        try:
            for event in events:
                _show(event, shown)
        except KeyboardInterrupt as interruption:
            raise _interrupted(course, interruption) from None
        finally:
            if isinstance(events, Generator):
                events.close()
    if wire is None or wire.rank == 0:
        _deliver(event, schooling)
    return 0


def _show(event: object, shown: Teaching) -> None:
    match event:
        case Begun(device, iterations, done, photographs, held_out):
            resumed = f", resumed after {done}" if done else ""
            seen = f", {photographs} photographs, {held_out} held out" if photographs else ""
            shown.say(f"learning on {device_name(device)}: {iterations} iterations{seen}{resumed}")
            shown.begin(iterations, done)
        case Learned(step, losses):
            shown.see(step, losses["total"])
        case Judged(step, losses, picture):
            shown.say(f"after {step}: {losses['total']:.4g} on what is held out, {picture}")
        case Told(text):
            shown.say(text)


def _deliver(event: object, schooling: Schooling) -> None:
    """Say where the painter is, and draw what there is to draw."""
    assert isinstance(event, Graduated)  # the last event of a training that ends
    history = History.read(event.history, event.step)
    if schooling.plot:
        draw_losses(schooling.plot, event.painter.stem, "iterations", history.curves())
    if schooling.json:
        document = {"painter": event.painter, "iterations": event.step, "seconds": event.seconds}
        print_json({**document, "held_out": dict(history.last)})
    else:
        result(str(event.painter))


def _interrupted(course: Course, interruption: KeyboardInterrupt) -> Interrupted:
    kept = course.checkpoint.exists() and not is_launched()
    what = f"what was learned so far is {course.output}." if course.output.exists() else "nothing was kept."
    return Interrupted(f"interrupted; {what}", interruption, kept=kept)
