"""Code that the training commands share: flags, and the progress of a training."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from brushwork import devices, distributed, jobs, training
from brushwork.cli.config import FLAG_ONLY
from brushwork.cli.distributed import connect
from brushwork.cli.file_stamps import FileStamps
from brushwork.cli.flags import OUTPUT, PICTURES, home_path, make_flags
from brushwork.cli.output import InterruptedRunError, print_json, print_result
from brushwork.cli.paths import require_no_overwrite, require_separate_file
from brushwork.cli.plot import plot_losses, require_plottable
from brushwork.cli.progress import show_events
from brushwork.cli.run_flags import CheckpointEvery, Device, Flag, Force, Plot, Quiet, Threads
from brushwork.cli.signals import SIGNALS
from brushwork.cli.temporary import temporary_beside
from brushwork.distributed.launch import is_distributed_launch
from brushwork.storage.file_names import MODEL_ENDING
from brushwork.storage.folders import expand_user
from brushwork.training.options import TrainingOptions

Output: TypeAlias = Annotated[
    Path | None,
    Parameter(alias="-o", group=OUTPUT, converter=home_path, metavar=f"MODEL{MODEL_ENDING}", show_default=False),
    FLAG_ONLY,
]

Dataset: TypeAlias = Annotated[
    Path,
    Parameter(
        group=PICTURES,
        metavar="FOLDER",
        help="Folder of training images, subfolders included; files that cannot be read are reported and skipped.",
    ),
]
InitFrom: TypeAlias = Annotated[str, Parameter(name="--init-from", group=PICTURES, show_default=False)]


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

    force: Force = False

    resume: Flag = False
    """Resume an interrupted training; the result is bit for bit the same as without the interruption."""

    plot: Plot = None

    json: Flag = False
    """Print one JSON document instead of the path: model, iterations, seconds, losses."""

    quiet: Quiet = False
    device: Device = "auto"
    threads: Threads = None
    checkpoint_every: CheckpointEvery = 60.0


def make_training_flags(options: TrainingOptions, *, without: Collection[str] = ()) -> Any:
    """Return the flags of training options; settings for all commands, which are mostly for paintings, set none."""
    return make_flags(options, without=without, marks=(FLAG_ONLY,))


def train_family(
    flags: TrainingFlags,
    options: TrainingOptions,
    *,
    name: str,
    styles: Sequence[Path] = (),
    dataset: Path | None = None,
    init: str = "",
    targets: Path | None = None,
) -> int:
    """Train a network of one family, and return the exit code. `name`: that of its file, if no output is given."""
    config = training.TrainingConfig(
        options=options,
        output=expand_user(flags.output or Path(f"{name}{MODEL_ENDING}")),
        photos=dataset,
        styles=tuple(styles),
        init=init,
        targets=targets,
        name=flags.name,
        license=flags.license,
        overwrite=flags.force,
        resume=flags.resume,
        checkpoint_every=flags.checkpoint_every,
    )
    return _run(flags, config)


def _run(flags: TrainingFlags, config: training.TrainingConfig) -> int:
    """Run a training and show its progress. All processes that a launcher started take part."""
    if flags.plot:
        _require_plot(flags.plot, config)
    devices.keep_memory()
    devices.set_threads(flags.threads)
    with temporary_beside(config.output.parent), connect(flags.device) as group:
        if group is not None and group.rank:
            flags = replace(flags, quiet=True, plot=None)
        finished = _train(flags, config, group)
    if group is None or group.rank == 0:
        _deliver(finished, config, flags)
    return 0


def _require_plot(plot: Path, config: training.TrainingConfig) -> None:
    """Check that the plot can be written, replaces a file only on request, and never one of this training.

    Raises: InputError.
    """
    require_plottable(plot)
    require_separate_file(plot, (*config.styles, config.output, config.checkpoint))
    config.require_outside_photos(plot)
    if not (config.overwrite or config.resume):
        require_no_overwrite([plot], "--plot")


def _train(
    flags: TrainingFlags, config: training.TrainingConfig, group: distributed.ProcessGroup | None
) -> jobs.Finished:
    stamps = FileStamps(config.output, config.checkpoint, resume=config.resume)
    with SIGNALS.listen(waits=True) as interrupted:
        events = training.train_model(config, device=flags.device, group=group, should_stop=interrupted)
        try:
            with closing(show_events(events, config.output.name, flags.quiet)) as shown:
                last = [event for event in shown if isinstance(event, jobs.Finished)]
        except KeyboardInterrupt as interruption:
            raise _interruption_error(config, stamps, interruption) from None
    return last[-1]


def _deliver(finished: jobs.Finished, config: training.TrainingConfig, flags: TrainingFlags) -> None:
    """Print the path of the model, and plot the losses if requested. Raises: InputError: the plot cannot be written."""
    history = training.History.read(config.history, finished.iterations)
    if flags.json:
        document = {"model": finished.path, "iterations": finished.iterations, "seconds": finished.seconds}
        print_json({**document, "validation": dict(history.last)})
    else:
        print_result(str(finished.path))
    if flags.plot:
        plot_losses(flags.plot, finished.path.stem, "iterations", history.curves())


def _interruption_error(
    config: training.TrainingConfig, stamps: FileStamps, interruption: KeyboardInterrupt
) -> InterruptedRunError:
    """Return the error of an interrupted training, which says what it saved; files of an earlier one do not count."""
    has_checkpoint = stamps.is_own(config.checkpoint)
    kept = has_checkpoint and not is_distributed_launch()
    what = f"the model so far is in {config.output}." if stamps.is_own(config.output) else "nothing was saved."
    if not has_checkpoint and config.targets_folder.is_dir():
        kept, what = True, f"the targets painted so far are in {config.targets_folder}."
    return InterruptedRunError(f"interrupted; {what}", interruption, kept=kept)
