"""Training data of MGAN: style images, photographs, and targets optimized by MDAN."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import cast

import torch

from brushwork.choices import DeviceName
from brushwork.distributed.launch import is_distributed_launch
from brushwork.encoders import Encoder, load_encoder
from brushwork.encoders.backends import choose_engine
from brushwork.errors import InputError, OtherJobError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.mgan import LAYER
from brushwork.images import image_size, read_image
from brushwork.images.geometry import Size, fit_size
from brushwork.images.resample import resize
from brushwork.jobs import Job, JobEvent, Note, Started, run_job
from brushwork.options.encoder import load_encoder_for
from brushwork.recipes import MDANOptions, Progress
from brushwork.storage.folders import make_folder
from brushwork.training.config import TrainingConfig
from brushwork.training.dataset import list_photos, make_generator
from brushwork.training.tasks.mgan import MGANData, MGANTask, TrainingPair
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from brushwork.types import Image

_CHOSEN = 4
"""Identifier of the random stream that chooses the photographs."""

_MOST_HELD_OUT = 4
"""At most one in this many pairs is held out."""

_LONGEST = 40
"""Maximum characters of a photograph's name in a file name."""


def choose_target_photos(folder: Path, options: MGANTrainingOptions) -> list[Path]:
    """Return photographs chosen at random to stylize as targets: the number in the options, or all if there are fewer.

    Raises: InputError: the folder does not exist, or holds no images.
    """
    files = list_photos(folder).images
    order = torch.randperm(len(files), generator=make_generator(options.seed, _CHOSEN)).tolist()
    return [files[place] for place in order[: options.targets]]


def load_mgan_encoder(options: MGANTrainingOptions, device: torch.device) -> Encoder:
    """Load the encoder of the generator and the discriminator onto a device. Raises: WeightsError."""
    encoder = load_encoder(options.network, padding="reflect", engine=choose_engine("auto", device))
    encoder.truncate([LAYER])
    return encoder.to(device)


def make_paired_task(pairs: Sequence[TrainingPair], options: MGANTrainingOptions, device: torch.device) -> MGANTask:
    """Build a task that trains on pairs stylized by MDAN; the last ones are held out.

    Raises: InputError: there are no pairs, or they are smaller than a block.
    """
    if not pairs:
        raise InputError("none of the photographs could be painted, so there is nothing to train on.")
    held = min(options.val_images, len(pairs) // _MOST_HELD_OUT)
    ours = [TrainingPair(*(one.to(device) for one in pair)) for pair in pairs]
    data = MGANData(pairs=ours[: len(ours) - held], val_images=ours[len(ours) - held :])
    return MGANTask(data, options, load_mgan_encoder(options, device))


def make_unpaired_task(styles: Sequence[Image], options: MGANTrainingOptions, device: torch.device) -> MGANTask:
    """Build a task that trains on photographs and the style images themselves.

    Raises: InputError: a style image is smaller than a block.
    """
    sizes = [fit_size(Size.of(one), options.target_size, measure="long") for one in styles]
    scaled = [resize(one, size, clamp=True).to(device) for one, size in zip(styles, sizes, strict=True)]
    return MGANTask(MGANData(styles=scaled), options, load_mgan_encoder(options, device))


def make_target_jobs(
    photos: Sequence[Path],
    styles: Sequence[Path],
    options: MDANOptions,
    folder: Path,
    device: DeviceName,
    *,
    overwrite: bool = False,
) -> list[Job]:
    """Return an optimization job for each photograph.

    Results go into the folder, named by number and photograph. Existing results stay; with `overwrite`, those with
    another style or other options are replaced.
    """
    return [
        Job(
            options=options,
            content=photo,
            styles=tuple(styles),
            output=folder / f"{number:04}-{photo.stem[:_LONGEST]}.png",
            device=device,
            overwrite=overwrite,
        )
        for number, photo in enumerate(photos)
    ]


def require_large_targets(photos: Sequence[Path], options: MDANOptions, block: int) -> None:
    """Require, before the targets are painted, that each will hold a block of this side in pixels.

    Photographs that cannot be read are left to `optimize_targets`, which skips them.

    Raises: InputError: a target will be smaller; the message names its photograph.
    """
    for photo in photos:
        size = _target_size(photo, options)
        if size is not None and min(size) < block:
            raise InputError(
                f"{photo.name} gives a target of {size}, which holds no block of {block} pixels: "
                "use a larger --target-size or a smaller --block."
            )


def _target_size(photo: Path, options: MDANOptions) -> Size | None:
    """Return the size of a photograph's target; None: the photograph cannot be read."""
    try:
        return options.schedule(image_size(photo))[-1].size
    except InputError:
        return None


def make_mgan_task(
    config: TrainingConfig, styles: Sequence[Image], device: torch.device, _init: StyleModel | None
) -> Generator[JobEvent, None, MGANTask]:
    """Build a task on a device; yield the events of optimizing its targets, if it has any.

    Raises: InputError: unusable photographs or style images.
    """
    options = cast("MGANTrainingOptions", config.options)
    if not options.targets:
        return make_unpaired_task(styles, options, device)
    if config.photos is None:
        raise InputError("no photographs were given: give a folder of them with --dataset.")
    photos = choose_target_photos(config.photos, options)
    jobs = make_target_jobs(
        photos,
        config.styles,
        options.target_options,
        config.targets_folder,
        cast("DeviceName", device.type),
        overwrite=config.overwrite and not is_distributed_launch(),  # several processes paint none
    )
    require_large_targets(photos, options.target_options, options.block)
    return make_paired_task(
        (yield from optimize_targets(photos, jobs, options.target_options, device)), options, device
    )


def optimize_targets(
    photos: Sequence[Path], jobs: Sequence[Job], options: MDANOptions, device: torch.device
) -> Generator[JobEvent, None, list[TrainingPair]]:
    """Run or resume the jobs and return their pairs; finished ones stay as they are.

    Yields a note and the progress of each. Unreadable photographs are left out, with a note.

    Raises: InputError: targets are missing and there are several processes; a target cannot be painted or written, or
        has another style or other options.
    """
    if is_distributed_launch() and not all(job.output.exists() and not job.checkpoint.exists() for job in jobs):
        raise InputError(
            "the targets are not all painted: start with one process, interrupt it once training begins, and "
            "continue with several processes and --resume."
        )
    make_folder(jobs[0].output.parent)
    encoder, pairs = load_encoder_for(options, "cpu", computes_on=device), list[TrainingPair]()
    for number, (photo, job) in enumerate(zip(photos, jobs, strict=True), start=1):
        try:
            read_image(photo)
        except InputError as error:
            yield Note(f"{photo.name} is skipped: {error}")
            continue
        yield from _optimize_target(job, encoder, f"target {number}/{len(jobs)}: {photo.name}")
        pairs.append(load_pair(photo, job.output))
    return pairs


def _optimize_target(job: Job, encoder: Encoder, title: str) -> Iterator[JobEvent]:
    """Run or resume a job; yield its title as a note when it starts, and its progress.

    Raises: InputError: what was painted there has another style or other options.
    """
    resume = job.output.exists() or job.checkpoint.exists()
    try:
        with closing(cast("Generator[JobEvent]", run_job(job, resume=resume, network=encoder))) as events:
            for event in events:
                if isinstance(event, Started):
                    yield Note(title)
                if isinstance(event, Progress):
                    yield event
    except OtherJobError as error:
        raise InputError(
            f"{job.output} is a target of another training ({'; '.join(map(_name_option, error.differences))}): give "
            "the same pictures and options, choose another output, or start over with --force."
        ) from error


def _name_option(difference: str) -> str:
    """Return a difference between targets with the name that the option has in a training."""
    return f"target-{difference}" if difference.startswith(("size:", "iterations:")) else difference


def load_pair(photo: Path, target: Path) -> TrainingPair:
    """Return a photograph, resized to the size of its stylized version, and that version.

    Raises: InputError: one of them cannot be read.
    """
    painted = read_image(target)
    content = read_image(photo, min_size=painted.size).image
    return TrainingPair(resize(content, painted.size, clamp=True), painted.image)
