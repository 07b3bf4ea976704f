"""`brushwork train texture`: a network learns to draw a texture, or to paint photographs with it."""

from __future__ import annotations

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
from brushwork.fast.painter import ENDING
from brushwork.training.about import about
from brushwork.training.course import Course
from brushwork.training.lesson import Lesson
from brushwork.training.style_school import thumbnail
from brushwork.training.texture_options import STYLIZED, TEXTURES
from brushwork.training.texture_school import read_patches, texture_lesson

if TYPE_CHECKING:
    TextureTrainingFlags: TypeAlias = Given
else:
    TextureTrainingFlags = flags(TEXTURES, without=("photograph", "replay"))


def texture(
    painting: str,
    /,
    *more: str,
    photos: Annotated[Path | None, Parameter(group=PICTURES, metavar="FOLDER")] = None,
    config: ConfigFile = None,
    schooling: Schooling = Schooling(),  # noqa: B008
    given: Annotated[TextureTrainingFlags, Parameter(name="*")] = {},  # noqa: B006
) -> int:
    """Teach a network to draw the texture of a picture at once, in any size.

    `brushwork train texture pebbles.jpg -o pebbles.safetensors`, and then
    `brushwork texture --painter pebbles.safetensors --size 1024x512`. On a processor,
    `--crop 128 --batch 1 --iterations 400 --schedule cosine` learns in minutes what is seen at that size: small batches
    learn most in a time.

    With `--photos` it learns to paint photographs, as the program of the same paper: 5 scales without 1×1 convolutions,
    3000 batches of 4, losses of the original network with content weight 0.6 at conv4_2 and style weight 1000, and no
    normalized gradients, where no flag says otherwise.

    Parameters
    ----------
    painting
        The picture whose texture is learned.
    more
        More pictures, which are one texture together.
    photos
        A folder of photographs to paint, with the folders in it; without it, the painter draws textures.
    config
        Options from a file, one `flag = value` in a line; flags given here win.
    """
    styles = pictures([painting, *more], quiet=schooling.quiet)
    options = settings(TEXTURES if photos is None else STYLIZED, given)
    if options.style_blend and len(options.style_blend) != len(styles):
        count = len(options.style_blend)
        raise InputError(f"style-blend has {count} weights for {len(styles)} pictures: give one for each.")

    def prepared(device: torch.device) -> tuple[Lesson, Course]:
        paintings = read_patches(styles, options.patch)
        course = Course(
            options=options,
            output=schooling.output or Path(f"{styles[0].stem}{ENDING}"),
            photographs=photos,
            photo_size=options.photo_size,
            about=about("texture", options, styles=styles, photographs=photos),
            style=thumbnail(paintings),
        )
        return texture_lesson(paintings, options, device), course

    return train(schooling, prepared)
