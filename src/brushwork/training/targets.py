"""Pictures for a painter to learn from: photographs, painted by MDAN first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brushwork.jobs import OptimizationJob
from brushwork.jobs.job import DeviceName
from brushwork.picture import read_image
from brushwork.picture.resample import resize
from brushwork.recipes import MDANOptions
from brushwork.training.markov_lesson import TrainingPair

_LONGEST = 40
"""Characters of a photograph's name that are kept."""


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
