"""`brushwork train super-resolution`: a network learns to make pictures larger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.layers import settings
from brushwork.cli.options import Given, flags
from brushwork.cli.panels import PICTURES, ConfigFile
from brushwork.cli.schooling import Schooling, train
from brushwork.fast.painter import ENDING
from brushwork.recipes.seeing import encoder_for
from brushwork.training.about import about
from brushwork.training.course import Course
from brushwork.training.larger_lesson import LargerLesson, LargerTraining
from brushwork.training.lesson import Lesson

if TYPE_CHECKING:
    LargerFlags: TypeAlias = Given
else:
    LargerFlags = flags(LargerTraining(), without=("replay",))


def super_resolution(
    *,
    photos: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
    config: ConfigFile = None,
    schooling: Schooling = Schooling(),  # noqa: B008
    given: Annotated[LargerFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Teach a network to make pictures 2, 4 or 8 times as large, so that they look sharp.

    `brushwork train super-resolution --photos photographs/ --factor 4 -o larger.safetensors`. Judged by what a network
    sees, as Johnson et al. do, pictures look sharper than by their pixels, and have a lower PSNR.

    Parameters
    ----------
    photos
        A folder of photographs to learn from, with the folders in it; what cannot be read is named and left out.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    options = settings(LargerTraining(), given)

    def prepared(device: torch.device) -> tuple[Lesson, Course]:
        course = Course(
            options=options,
            output=schooling.output or Path(f"larger-{options.factor}{ENDING}"),
            photographs=photos,
            photo_size=options.photo_size,
            about=about("super-resolution", options, photographs=photos),
        )
        return LargerLesson(options, encoder_for(options, device)), course

    return train(schooling, prepared)
