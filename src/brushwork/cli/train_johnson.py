"""`brushwork train johnson`: a network learns one style."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import torch
from cyclopts import Parameter

from brushwork.cli.layers import settings
from brushwork.cli.options import Given, flags
from brushwork.cli.panels import PICTURES, ConfigFile
from brushwork.cli.schooling import Schooling, train
from brushwork.cli.targets import pictures
from brushwork.errors import InputError
from brushwork.fast.painter import ENDING, load_painter
from brushwork.training.about import about
from brushwork.training.course import Course
from brushwork.training.lesson import Lesson
from brushwork.training.style_options import StyleTraining
from brushwork.training.style_school import as_painter, read_paintings, style_lesson, thumbnail

if TYPE_CHECKING:
    StyleFlags: TypeAlias = Given
else:
    StyleFlags = flags(StyleTraining(), without=("replay",))


def johnson(
    style: str,
    /,
    *more: str,
    photos: Annotated[Path, Parameter(group=PICTURES, metavar="FOLDER")],
    begin_from: Annotated[str, Parameter(name="--from", group=PICTURES, show_default=False)] = "",
    config: ConfigFile = None,
    schooling: Schooling = Schooling(),  # noqa: B008
    given: Annotated[StyleFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Teach a network to paint any photograph in the style of a painting, in one pass.

    `brushwork train johnson painting.jpg --photos photographs/ -o painting.safetensors`, and then
    `brushwork paint photo.jpg --painter painting.safetensors`. On a processor, an iteration of `--width 16 --crop 128
    --batch 2` takes a third of a second, and some hundred of them show what it will be; `--from` another painter, fewer
    do.
    Several processes, or graphics cards, learn together:
    `torchrun --nproc-per-node 2 -m brushwork train johnson painting.jpg --photos photographs/`.

    Parameters
    ----------
    style
        The painting.
    more
        More paintings, which are one style together.
    photos
        A folder of photographs to learn from, with the folders in it; what cannot be read is named and left out.
    begin_from
        A painter that knows another style already, to begin with: it learns several times as fast.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    styles = pictures([style, *more], quiet=schooling.quiet)
    start = load_painter(begin_from) if begin_from else None
    options = settings(StyleTraining(), given)
    if start is not None:
        options = as_painter(options, start, list(given))

    def prepared(device: torch.device) -> tuple[Lesson, Course]:
        paintings = read_paintings(styles)
        course = Course(
            options=options,
            output=schooling.output or Path(f"{styles[0].stem}{ENDING}"),
            photographs=photos,
            photo_size=options.photo_size,
            about=about("johnson", options, styles=styles, photographs=photos, start=start),
            style=thumbnail(paintings),
        )
        return style_lesson(paintings, options, device, start), course

    _require(options, styles)
    return train(schooling, prepared)


def _require(options: StyleTraining, styles: Sequence[Path]) -> None:
    if options.style_blend and len(options.style_blend) != len(styles):
        given = len(options.style_blend)
        raise InputError(f"style-blend has {given} weights for {len(styles)} paintings: give one for each.")
