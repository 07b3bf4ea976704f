"""Pictures for a painter to learn from: photographs, painted by MDAN first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brushwork.jobs import Job
from brushwork.jobs.job import DeviceName
from brushwork.picture import read_picture
from brushwork.picture.resample import resize
from brushwork.recipes import Mdan
from brushwork.training.markov_lesson import Pair

_LONGEST = 40
"""Characters of a photograph's name that are kept."""


def target_jobs(
    photographs: Sequence[Path], paintings: Sequence[Path], options: Mdan, folder: Path, device: DeviceName
) -> list[Job]:
    """A job for each photograph. What is painted goes into the folder, by number and name: what is there stays."""
    return [
        Job(
            options=options,
            content=photograph,
            paintings=tuple(paintings),
            output=folder / f"{number:04}-{photograph.stem[:_LONGEST]}.png",
            device=device,
        )
        for number, photograph in enumerate(photographs)
    ]


def pair_of(job: Job) -> Pair:
    """The photograph of a job that is done, at the size at which it was painted, and what was painted.

    Raises: InputError: one of them cannot be read.
    """
    painted = read_picture(job.output)
    photograph = read_picture(job.content, enough=painted.size).image
    return Pair(resize(photograph, painted.size, clamp=True), painted.image)
