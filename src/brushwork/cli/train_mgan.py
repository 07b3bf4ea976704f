"""`brushwork train mgan`: a decoder learns a style against a judge of patches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.exits import Interrupted
from brushwork.cli.launched import is_launched
from brushwork.cli.layers import settings
from brushwork.cli.options import Given, flags, home_path
from brushwork.cli.output import tell
from brushwork.cli.panels import PICTURES, ConfigFile
from brushwork.cli.perform import closed
from brushwork.cli.progress import display
from brushwork.cli.schooling import Schooling, train
from brushwork.cli.targets import pictures
from brushwork.errors import InputError
from brushwork.fast.painter import ENDING
from brushwork.jobs import Job, paint
from brushwork.perception import Encoder
from brushwork.recipes import Progress
from brushwork.recipes.seeing import encoder_for
from brushwork.training.about import about
from brushwork.training.course import Course
from brushwork.training.lesson import Lesson
from brushwork.training.markov_lesson import Pair
from brushwork.training.markov_options import MarkovTraining
from brushwork.training.markov_school import chosen, lesson_of_paintings, lesson_of_pairs
from brushwork.training.style_school import read_paintings, thumbnail
from brushwork.training.targets import pair_of, target_jobs

if TYPE_CHECKING:
    MarkovFlags: TypeAlias = Given
else:
    MarkovFlags = flags(MarkovTraining())


def mgan(
    style: str,
    /,
    *more: str,
    photos: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
    target_folder: Annotated[
        Path | None, Parameter(group=PICTURES, converter=home_path, metavar="FOLDER", show_default=False)
    ] = None,
    config: ConfigFile = None,
    schooling: Schooling = Schooling(),  # noqa: B008
    given: Annotated[MarkovFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Teach a decoder to paint what VGG-19 sees of a photograph, against a judge of patches.

    `brushwork train mgan painting.jpg --photos photographs/ -o painting.safetensors`. First some of the photographs are
    painted as `brushwork mdan` does, which takes most of the time; what is painted stays, also when it is interrupted.
    Then the decoder learns to paint the same at once. After Li and Wand, 2016.

    Parameters
    ----------
    style
        The painting.
    more
        More paintings, whose patches are taken too.
    photos
        A folder of photographs to learn from, with the folders in it; what cannot be read is named and left out.
    target_folder
        Where the photographs go that are painted first; without it, a folder beside the painter.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    styles = pictures([style, *more], quiet=schooling.quiet)
    options = settings(MarkovTraining(), given)
    output = schooling.output or Path(f"{styles[0].stem}{ENDING}")

    def prepared(device: torch.device) -> tuple[Lesson, Course]:
        paintings = read_paintings(styles)
        course = Course(
            options=options,
            output=output,
            photographs=photos,
            photo_size=options.target_size,
            about=about("mgan", options, styles=styles, photographs=photos),
            style=thumbnail(paintings),
        )
        if not options.targets:
            return lesson_of_paintings(paintings, options, device), course
        folder = target_folder or output.with_name(f"{output.stem}-targets")
        jobs = target_jobs(chosen(photos, options), styles, options.painting, folder, schooling.device)
        return lesson_of_pairs(_painted(jobs, device, schooling.quiet), options, device), course

    return train(schooling, prepared)


def _painted(jobs: Sequence[Job], device: torch.device, quiet: bool) -> list[Pair]:
    """The photographs with what is painted of them; those that cannot be read are named and left out.

    Raises: InputError: something is to be painted yet, and there are several processes.
    """
    if is_launched() and not all(job.output.exists() and not job.checkpoint.exists() for job in jobs):
        raise InputError(
            "the photographs that are painted first are not all there: begin with one process, interrupt it when it "
            "learns, and go on with several by --resume."
        )
    jobs[0].output.parent.mkdir(parents=True, exist_ok=True)
    encoder = encoder_for(jobs[0].options, "cpu", computes_on=device)
    pairs = []
    for number, job in enumerate(jobs, start=1):
        try:
            _paint(job, encoder, f"target {number}/{len(jobs)}", quiet)
            pairs.append(pair_of(job))
        except InputError as error:
            tell(f"{job.content.name} is left out: {error}")
        except KeyboardInterrupt as interruption:
            what = f"interrupted; the photographs that were painted so far are in {job.output.parent}."
            raise Interrupted(what, interruption, kept=True) from None
    return pairs


def _paint(job: Job, encoder: Encoder, title: str, quiet: bool) -> None:
    """Paint a photograph, or go on with it; one that is there already stays."""
    events = paint(job, resume=job.output.exists() or job.checkpoint.exists(), encoder=encoder)
    with closed(events) as events, display(title, quiet) as shown:
        for event in events:
            if isinstance(event, Progress):
                shown.see(event)
