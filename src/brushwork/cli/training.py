"""What the training commands share: flags, and the progress of a training."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Annotated, Protocol, Self, TypeAlias

import torch
from cyclopts import Parameter
from rich.console import Console
from rich.progress import TimeRemainingColumn

from brushwork.choices import DeviceName
from brushwork.cli.consoles import make_console
from brushwork.cli.distributed import connect
from brushwork.cli.execute import describe_device, set_threads
from brushwork.cli.flags import MACHINE, OUTPUT, home_path, parse_integer
from brushwork.cli.output import InterruptedRunError, log, print_json, print_result
from brushwork.cli.plot import plot_losses, require_plottable
from brushwork.cli.progress import (
    SECONDS_BETWEEN_LINES,
    LineLog,
    ProgressBar,
    Silent,
    format_minutes,
    make_bar_column,
    make_text_column,
)
from brushwork.cli.signals import SIGNALS
from brushwork.cli.temporary import temporary_beside
from brushwork.devices.select import select_device
from brushwork.distributed.launch import is_distributed_launch
from brushwork.distributed.process_group import ProcessGroup
from brushwork.feedforward.model import ENDING
from brushwork.storage.folders import expand_user
from brushwork.training.config import TrainingConfig
from brushwork.training.dataset import list_photos
from brushwork.training.events import StepDone, TrainingFinished, TrainingNote, TrainingStarted, Validated
from brushwork.training.history import History
from brushwork.training.task import TrainingTask
from brushwork.training.trainer import train
from brushwork.training.writer import require_resumable

Output: TypeAlias = Annotated[
    Path | None,
    Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"PAINTER{ENDING}", show_default=False),
]
Flag: TypeAlias = Annotated[bool, Parameter(group=OUTPUT, negative=(), show_default=False)]

PrepareTask: TypeAlias = Callable[[torch.device], tuple[TrainingTask, TrainingConfig]]
"""Makes the training task on a device and its configuration, to which `apply_flags` adds the flags."""

_KEPT = 0.95
"""Decay of the running mean of the losses: single batches vary a lot."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TrainingFlags:
    """Flags for the output and machine of a training run."""

    output: Output = None
    """Output file of the model; default: named after the style, in the current folder. Losses (.json), validation
    images (a folder) and the checkpoint of an unfinished training are written beside it."""

    name: Annotated[str, Parameter(group=OUTPUT, show_default=False)] = ""
    """Name of the model; default: that of its file."""

    license: Annotated[str, Parameter(group=OUTPUT, show_default=False)] = ""
    """License of the model, stored in its file."""

    force: Flag = False
    """Overwrite existing files."""

    resume: Flag = False
    """Resume an interrupted training; the result is bit for bit the same as without the interruption."""

    plot: Annotated[Path | None, Parameter(group=OUTPUT, converter=home_path)] = None
    """Plot the losses to this file (.png, .pdf, .svg); needs the extra brushwork[plot]."""

    json: Flag = False
    """Print one JSON document instead of the path: model, iterations, seconds, losses."""

    quiet: Annotated[Flag, Parameter(alias="-q")] = False
    """Print only errors and the result."""

    device: Annotated[DeviceName, Parameter(group=MACHINE)] = "auto"
    """Where to compute; auto takes the fastest device available."""

    threads: Annotated[int | None, Parameter(group=MACHINE, converter=parse_integer)] = None
    """Threads on the CPU; default: OMP_NUM_THREADS or one per core."""

    checkpoint_every: Annotated[float, Parameter(group=MACHINE, show_default="60")] = 60.0
    """Seconds between checkpoints, from which `--resume` continues; the first one comes after 5."""


def run_training(flags: TrainingFlags, prepared: PrepareTask) -> int:
    """Run a training and show its progress. All processes that a launcher started take part."""
    if flags.plot:
        require_plottable(flags.plot)
    set_threads(flags.threads)
    place = expand_user(flags.output or Path()).parent
    with temporary_beside(place), connect(flags.device) as group:
        if group is not None and group.rank:
            flags = replace(flags, quiet=True, plot=None)
        return _trained(flags, prepared, group)


def apply_flags(config: TrainingConfig, flags: TrainingFlags) -> TrainingConfig:
    """Return the training configuration with the files that the flags name."""
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
    """Print the path of the model, and plot the losses if requested."""
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


class TrainingProgress(Protocol):
    """Context manager that shows the progress of a training."""

    def start(self, iterations: int, done: int) -> None:
        """Set the number of iterations and the first one."""

    def update(self, step: int, loss: float) -> None:
        """Show an iteration."""

    def log(self, line: str) -> None:
        """Print a line."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def make_training_progress(title: str, quiet: bool) -> TrainingProgress:
    """Return the display that fits stderr."""
    if quiet:
        return SilentTrainingProgress()
    terminal = make_console(stderr=True)
    return (
        BarTrainingProgress(title, terminal)
        if terminal.is_terminal and not terminal.is_dumb_terminal
        else LineTrainingProgress(title)
    )


class SilentTrainingProgress(Silent):
    """No display at all."""

    def start(self, iterations: int, done: int) -> None:
        """Do nothing."""

    def update(self, step: int, loss: float) -> None:
        """Do nothing."""


class LineTrainingProgress(LineLog, SilentTrainingProgress):
    """Prints a line from time to time."""

    def __init__(self, title: str) -> None:
        self._title, self._mean = title, RunningMean()
        self._iterations, self._done = 0, 0
        self._began = self._told = monotonic()

    def start(self, iterations: int, done: int) -> None:
        self._iterations, self._done, self._began = iterations, done, monotonic()

    def update(self, step: int, loss: float) -> None:
        self._mean.update(loss)
        now = monotonic()
        if now - self._told < SECONDS_BETWEEN_LINES:
            return
        self._told = now
        left = (now - self._began) / (step - self._done) * (self._iterations - step)
        self.log(f"{self._title}: {step}/{self._iterations}, loss {self._mean.value:.4g}, {format_minutes(left)} left")


class BarTrainingProgress(ProgressBar):
    """A live bar with the iterations, the loss and the remaining time."""

    def __init__(self, title: str, console: Console) -> None:
        self._mean = RunningMean()
        super().__init__(console, make_bar_column(), make_text_column("numbers"), TimeRemainingColumn(compact=True))
        self._task = self._bars.add_task(title, total=None, numbers="looking at the pictures")

    def start(self, iterations: int, done: int) -> None:
        self._bars.update(self._task, total=iterations, completed=done)

    def update(self, step: int, loss: float) -> None:
        self._mean.update(loss)
        self._bars.update(self._task, completed=step, numbers=f"iteration {step}, loss {self._mean.value:.4g}")


class RunningMean:
    """Exponential running mean of a loss."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    def update(self, loss: float) -> None:
        """Add a loss."""
        self._sum = _KEPT * self._sum + (1 - _KEPT) * loss
        self._weight = _KEPT * self._weight + (1 - _KEPT)

    @property
    def value(self) -> float:
        """The mean, in which older values count less."""
        return self._sum / self._weight
