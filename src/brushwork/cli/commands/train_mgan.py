"""`brushwork train mgan`: train a decoder for one style against a patch discriminator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.config import resolve_options
from brushwork.cli.execute import closing
from brushwork.cli.flags import PICTURES, ConfigFile, Given, home_path, make_flags
from brushwork.cli.output import InterruptedRunError, log
from brushwork.cli.paths import list_images
from brushwork.cli.progress import make_display
from brushwork.cli.training import TrainingFlags, run_training
from brushwork.distributed.launch import is_distributed_launch
from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.feedforward.model import ENDING
from brushwork.jobs import OptimizationJob, run_job
from brushwork.options.groups import load_encoder_for
from brushwork.recipes import Progress
from brushwork.training.config import TrainingConfig
from brushwork.training.provenance import describe_training
from brushwork.training.task import TrainingTask
from brushwork.training.tasks.mgan import TrainingPair
from brushwork.training.tasks.mgan_data import (
    choose_target_photos,
    load_pair,
    make_paired_task,
    make_target_jobs,
    make_unpaired_task,
)
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from brushwork.training.tasks.style_images import make_thumbnail, read_styles

if TYPE_CHECKING:
    MarkovFlags: TypeAlias = Given
else:
    MarkovFlags = make_flags(MGANTrainingOptions())


def mgan(
    style: str,
    /,
    *more: str,
    dataset: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
    target_folder: Annotated[
        Path | None, Parameter(group=PICTURES, converter=home_path, metavar="FOLDER", show_default=False)
    ] = None,
    config: ConfigFile = None,
    flags: TrainingFlags = TrainingFlags(),  # noqa: B008
    given: Annotated[MarkovFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Train a decoder of VGG-19 features for one style, against a patch discriminator.

    `brushwork train mgan painting.jpg --dataset photographs/ -o painting.safetensors`. First some of the images are
    stylized as by `brushwork mdan`, which takes most of the time; finished ones are kept if the training is
    interrupted. Then the decoder learns to give the same results in one forward pass. After Li and Wand, 2016.

    Parameters
    ----------
    style
        The style image.
    more
        More style images, whose patches are also used.
    dataset
        Folder of training images, subfolders included; files that cannot be read are reported and skipped.
    target_folder
        Folder for the images that are stylized first; default: a folder beside the model.
    config
        File with options, one `flag = value` per line; flags on the command line override it.
    """
    styles = list_images([style, *more], quiet=flags.quiet)
    options = resolve_options(MGANTrainingOptions(), given)
    output = flags.output or Path(f"{styles[0].stem}{ENDING}")

    def prepared(device: torch.device) -> tuple[TrainingTask, TrainingConfig]:
        style_images = read_styles(styles)
        config = TrainingConfig(
            options=options,
            output=output,
            photos=dataset,
            photo_size=options.target_size,
            about=describe_training("mgan", options, styles=styles, photos=dataset),
            style=make_thumbnail(style_images),
        )
        if not options.targets:
            return make_unpaired_task(style_images, options, device), config
        folder = target_folder or output.with_name(f"{output.stem}-targets")
        jobs = make_target_jobs(
            choose_target_photos(dataset, options), styles, options.target_options, folder, flags.device
        )
        return make_paired_task(_painted(jobs, device, flags.quiet), options, device), config

    return run_training(flags, prepared)


def _painted(jobs: Sequence[OptimizationJob], device: torch.device, quiet: bool) -> list[TrainingPair]:
    """Return the training images with their stylized targets; files that cannot be read are reported and skipped.

    Raises: InputError: targets are missing, and there are several processes.
    """
    if is_distributed_launch() and not all(job.output.exists() and not job.checkpoint.exists() for job in jobs):
        raise InputError(
            "the photographs that are painted first are not all there: begin with one process, interrupt it when it "
            "learns, and go on with several by --resume."
        )
    jobs[0].output.parent.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder_for(jobs[0].options, "cpu", computes_on=device)
    pairs = []
    for number, job in enumerate(jobs, start=1):
        try:
            _paint(job, encoder, f"target {number}/{len(jobs)}", quiet)
            pairs.append(load_pair(job))
        except InputError as error:
            log(f"{job.content.name} is left out: {error}")
        except KeyboardInterrupt as interruption:
            what = f"interrupted; the photographs that were painted so far are in {job.output.parent}."
            raise InterruptedRunError(what, interruption, kept=True) from None
    return pairs


def _paint(job: OptimizationJob, encoder: Encoder, title: str, quiet: bool) -> None:
    """Stylize an image, or resume it; an existing target stays as it is."""
    events = run_job(job, resume=job.output.exists() or job.checkpoint.exists(), encoder=encoder)
    with closing(events) as events, make_display(title, quiet) as shown:
        for event in events:
            if isinstance(event, Progress):
                shown.update(event)
