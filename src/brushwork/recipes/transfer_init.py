"""The initial image of a style transfer, at every size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from brushwork.controls.style_file import StyleFile
from brushwork.encoders.encoder import PIXELS
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.recipes.init_image import add_noise, cover, make_init_image
from brushwork.recipes.recolored import color_moments_of, recolor, recolor_regions
from brushwork.types import Image

if TYPE_CHECKING:
    from brushwork.recipes.style_transfer import TransferProblem


@dataclass(frozen=True)
class TransferInit:
    """The initial image that the options name, or one that was given."""

    problem: TransferProblem
    given: Image | None = None

    def image_at(self, size: Size) -> Image:
        """Return the image to start from at the first size; one that was given, at its own size.

        Raises: InputError: it cannot be made of what there is.
        """
        if self.given is not None:
            return self.given
        problem, options = self.problem, self.problem.options
        if options.init == "recolored":
            generator = torch.Generator().manual_seed(options.seed)
            return add_noise(self.recolored_at(size), options.init_noise, generator, options.encoder_scale)
        return make_init_image(options, size, problem.content, problem.styles[0], options.encoder_scale)

    def detail(self, old: Size, new: Size) -> Image | None:
        """Return the part of the initial image that is lost if it is resized to the old size, and then to the new one.

        It is multiplied by the share that the options name. None: they name none, or the image is one color, or noise.
        """
        fraction = self.problem.options.detail
        fine, coarse = (self._plain(new), self._plain(old)) if fraction else (None, None)
        return None if fine is None or coarse is None else (fine - resize(coarse, new)).mul_(fraction)

    def recolored_at(self, size: Size) -> Image:
        """Return the content image in the colors of the style images, at a size.

        Raises: InputError: a style file without colors.
        """
        problem, options = self.problem, self.problem.options
        content = resize(problem.content, size, clamp=True)
        finest = options.schedule(Size.of(problem.content))[-1].size
        if problem.regions:
            width = options.feather * max(size) / max(finest)
            return recolor_regions(content, problem.pictures_at(size), problem.regions, width)
        for style in problem.styles:
            if isinstance(style, StyleFile) and PIXELS not in style.layers:
                raise InputError(
                    f"init is recolored, but the style file of {style.source} has no colors: extract it again, or use "
                    "--init content."
                )
        return recolor(content, color_moments_of(problem.style_at(finest, [PIXELS]).statistics[PIXELS]))

    def _plain(self, size: Size) -> Image | None:
        """Return the initial image without noise; None: it has no detail."""
        if self.given is not None:
            return resize(self.given, size, clamp=True)
        content, style = self.problem.content, self.problem.styles[0]
        match self.problem.options.init:
            case "content":
                return resize(content, size, clamp=True)
            case "recolored":
                return self.recolored_at(size)
            case "style" if not isinstance(style, StyleFile):
                return cover(style, size)
        return None
