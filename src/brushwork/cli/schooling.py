"""What all commands that train share: their flags, and how a training is shown."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.exits import InterruptedRunError
from brushwork.cli.launched import is_distributed_launch
from brushwork.cli.options import home_path, parse_integer
from brushwork.cli.output import log, print_json, print_result
from brushwork.cli.panels import MACHINE, OUTPUT
from brushwork.cli.perform import describe_device, set_threads
from brushwork.cli.plot import plot_losses, require_plottable
from brushwork.cli.ranks import connect
from brushwork.cli.signals import SIGNALS
from brushwork.cli.temporary import temporary_beside
from brushwork.cli.train_progress import TrainingProgress, make_training_progress
from brushwork.evaluate.machine import select_device
from brushwork.evaluate.wire import ProcessGroup
from brushwork.fast.painter import ENDING
from brushwork.folders import expand_user
from brushwork.jobs.job import DeviceName
from brushwork.training.course import TrainingConfig
from brushwork.training.events import StepDone, TrainingFinished, TrainingNote, TrainingStarted, Validated
from brushwork.training.history import History
from brushwork.training.keeper import require_resumable
from brushwork.training.lesson import TrainingTask
from brushwork.training.photographs import list_photos
from brushwork.training.school import train

Output: TypeAlias = Annotated[
    Path | None,
    Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"PAINTER{ENDING}", show_default=False),
]
Flag: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainingFlags:
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

    threads: Annotated[int | None, Parameter(group=MACHINE, converter=parse_integer)] = None
    """Threads on the CPU; without it, OMP_NUM_THREADS or one for each core."""

    checkpoint_every: Annotated[float, Parameter(group=MACHINE, show_default="60")] = 60.0
    """Seconds between checkpoints, which `--resume` goes on from; the first one comes after 5."""


PrepareTask: TypeAlias = Callable[[torch.device], tuple[TrainingTask, TrainingConfig]]
"""Makes the lesson on a device, and says how it is taught; `apply_flags` puts the flags in."""


def run_training(flags: TrainingFlags, prepared: PrepareTask) -> int:
    """Teach a lesson, and show how it goes. Where a launcher started several processes, all of them teach it."""
    if flags.plot:
        require_plottable(flags.plot)
    set_threads(flags.threads)
    place = expand_user(flags.output or Path()).parent
    with temporary_beside(place), connect(flags.device) as group:
        if group is not None and group.rank:
            flags = replace(flags, quiet=True, plot=None)
        return _trained(flags, prepared, group)


def apply_flags(config: TrainingConfig, flags: TrainingFlags) -> TrainingConfig:
    """The course with what the flags say of files."""
    return replace(
        config,
        name=flags.name,
        license=flags.license,
        overwrite=flags.force,
        resume=flags.resume,
        checkpoint_every=flags.checkpoint_every,
    )


def _trained(flags: TrainingFlags, prepared: PrepareTask, group: ProcessGroup | None) -> int:
    device = select_device(flags.device)
    task, config = prepared(device)
    config = apply_flags(config, flags)
    if config.photos is not None and not flags.quiet and (note := list_photos(config.photos).note):
        log(note)
    require_resumable(config)
    with SIGNALS.listen(waits=True) as interrupted, make_training_progress(config.output.name, flags.quiet) as shown:
        events = train(task, config, device, group, interrupted)
        try:
            for event in events:
                _show(event, shown)
        except KeyboardInterrupt as interruption:
            raise _interrupted(config, interruption) from None
        finally:
            if isinstance(events, Generator):
                events.close()
    if group is None or group.rank == 0:
        _deliver(event, flags)
    return 0


def _show(event: object, shown: TrainingProgress) -> None:
    match event:
        case TrainingStarted(device, iterations, done, contents, held_out):
            resumed = f", resumed after {done}" if done else ""
            seen = f", {contents} photographs, {held_out} held out" if contents else ""
            shown.log(f"learning on {describe_device(device)}: {iterations} iterations{seen}{resumed}")
            shown.start(iterations, done)
        case StepDone(step, losses):
            shown.update(step, losses["total"])
        case Validated(step, losses, image):
            shown.log(f"after {step}: {losses['total']:.4g} on what is held out, {image}")
        case TrainingNote(text):
            shown.log(text)


def _deliver(event: object, flags: TrainingFlags) -> None:
    """Say where the painter is, and draw what there is to draw."""
    assert isinstance(event, TrainingFinished)  # the last event of a training that ends
    history = History.read(event.history, event.step)
    if flags.plot:
        plot_losses(flags.plot, event.model.stem, "iterations", history.curves())
    if flags.json:
        document = {"painter": event.model, "iterations": event.step, "seconds": event.seconds}
        print_json({**document, "val_images": dict(history.last)})
    else:
        print_result(str(event.model))


def _interrupted(config: TrainingConfig, interruption: KeyboardInterrupt) -> InterruptedRunError:
    kept = config.checkpoint.exists() and not is_distributed_launch()
    what = f"what was learned so far is {config.output}." if config.output.exists() else "nothing was kept."
    return InterruptedRunError(f"interrupted; {what}", interruption, kept=kept)
