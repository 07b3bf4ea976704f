"""Training data of MGAN: style images, photographs, and targets optimized by MDAN."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from brushwork.encoders import Encoder, load_encoder
from brushwork.errors import InputError
from brushwork.feedforward.networks.mgan import LAYER
from brushwork.images import read_image
from brushwork.images.geometry import Size
from brushwork.images.resample import fit_size, resize
from brushwork.jobs import OptimizationJob
from brushwork.jobs.job import DeviceName
from brushwork.recipes import MDANOptions
from brushwork.training.dataset import list_photos, make_generator
from brushwork.training.tasks.mgan import MGANData, MGANTask, TrainingPair
from brushwork.training.tasks.mgan_options import MGANTrainingOptions
from brushwork.types import Image

_CHOSEN = 4
"""What is drawn by chance, beside the seed."""

_MOST_HELD_OUT = 4
"""One in so many pairs, at most, is not learned from."""

_LONGEST = 40
"""Characters of a photograph's name that are kept."""


def choose_target_photos(folder: Path, options: MGANTrainingOptions) -> list[Path]:
    """The photographs that are painted first: by chance, as many as the options say, as far as there are any.

    Raises: InputError: no folder, or none in it.
    """
    files = list_photos(folder).images
    order = torch.randperm(len(files), generator=make_generator(options.seed, _CHOSEN)).tolist()
    return [files[place] for place in order[: options.targets]]


def load_mgan_encoder(options: MGANTrainingOptions, device: torch.device) -> Encoder:
    """The network that the painter looks with, and is judged with, on a device. Raises: WeightsError."""
    encoder = load_encoder(options.network, padding="reflect", engine="auto" if device.type == "cpu" else "plain")
    encoder.truncate([LAYER])
    return encoder.to(device)


def make_paired_task(pairs: Sequence[TrainingPair], options: MGANTrainingOptions, device: torch.device) -> MGANTask:
    """What is learned from pictures that MDAN painted; the last ones are held out.

    Raises: InputError: none was given, or they are smaller than a block.
    """
    if not pairs:
        raise InputError("none of the photographs could be painted, so that there is nothing to learn from.")
    held = min(options.val_images, len(pairs) // _MOST_HELD_OUT)
    ours = [TrainingPair(*(one.to(device) for one in pair)) for pair in pairs]
    matter = MGANData(pairs=ours[: len(ours) - held], val_images=ours[len(ours) - held :])
    return MGANTask(matter, options, load_mgan_encoder(options, device))


def make_unpaired_task(styles: Sequence[Image], options: MGANTrainingOptions, device: torch.device) -> MGANTask:
    """What is learned from photographs and the paintings themselves.

    Raises: InputError: paintings that are smaller than a block.
    """
    sizes = [fit_size(Size.of(one), options.target_size, measure="long") for one in styles]
    scaled = [resize(one, size, clamp=True).to(device) for one, size in zip(styles, sizes, strict=True)]
    return MGANTask(MGANData(styles=scaled), options, load_mgan_encoder(options, device))


def make_target_jobs(
    photos: Sequence[Path], styles: Sequence[Path], options: MDANOptions, folder: Path, device: DeviceName
) -> list[OptimizationJob]:
    """A job for each photograph. What is painted goes into the folder, by number and name: what is there stays."""
    return [
        OptimizationJob(
            options=options,
            content=photo,
            styles=tuple(styles),
            output=folder / f"{number:04}-{photo.stem[:_LONGEST]}.png",
            device=device,
        )
        for number, photo in enumerate(photos)
    ]


def load_pair(job: OptimizationJob) -> TrainingPair:
    """The photograph of a job that is done, at the size at which it was painted, and what was painted.

    Raises: InputError: one of them cannot be read.
    """
    painted = read_image(job.output)
    photo = read_image(job.content, min_size=painted.size).image
    return TrainingPair(resize(photo, painted.size, clamp=True), painted.image)
