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
from brushwork.recipes.init_patches import PATCHES_SHARE, compose_patches
from brushwork.recipes.recolored import blend_regions, color_moments_of, feathered_masks, recolor, recolor_regions
from brushwork.types import Image

if TYPE_CHECKING:
    from brushwork.recipes.style_transfer import TransferProblem


@dataclass(frozen=True)
class TransferInit:
    """The initial image: the one that the options name, or a given one."""

    problem: TransferProblem
    given: Image | None = None

    def image_at(self, size: Size) -> Image:
        """Return the image to start from at the first size; a given one, at its own size.

        Raises: InputError: it cannot be made from the style images or style files.
        """
        if self.given is not None:
            return self.given
        problem, options = self.problem, self.problem.options
        if options.init in ("recolored", "patches"):
            generator = torch.Generator().manual_seed(options.seed)
            plain = self.recolor_content(size) if options.init == "recolored" else self.compose_patches(size)
            return add_noise(plain, options.init_noise, generator, options.encoder_scale)
        return make_init_image(options, size, problem.content, problem.styles[0], options.encoder_scale)

    def detail(self, old: Size, new: Size) -> Image | None:
        """Return the part of the initial image that is lost by resizing it to the old size, and then to the new one.

        It is multiplied by the options' `detail`. Of `patches`, the detail is that of the recolored content image.
        None: `detail` is 0, or the image is one color, or noise.
        """
        fraction = self.problem.options.detail
        fine, coarse = (self._plain(new), self._plain(old)) if fraction else (None, None)
        return None if fine is None or coarse is None else (fine - resize(coarse, new)).mul_(fraction)

    def recolor_content(self, size: Size) -> Image:
        """Return the content image in the colors of the style images, at a size.

        Raises: InputError: a style file without colors.
        """
        problem, options = self.problem, self.problem.options
        content = resize(problem.content, size, clamp=True)
        if problem.regions:
            return recolor_regions(content, problem.pictures_at(size), problem.regions, problem.feather_at(size))
        for style in problem.styles:
            if isinstance(style, StyleFile) and PIXELS not in style.layers:
                raise InputError(
                    f"init is {options.init}, but the style file of {style.source} has no colors: extract it again, or "
                    "use --init content."
                )
        finest = options.schedule(Size.of(problem.content))[-1].size
        return recolor(content, color_moments_of(problem.style_at(finest, [PIXELS]).statistics[PIXELS]))

    def compose_patches(self, size: Size) -> Image:
        """Return the mean of the recolored content image and one assembled from the style images' patches.

        A style file holds no picture, and so no patches; without any picture, return the recolored content image.

        Raises: InputError: a style file without colors.
        """
        problem, recolored = self.problem, self.recolor_content(size)
        if problem.regions:
            composed = self._compose_regions(recolored)
        else:
            pictures, weights = problem.pictures_at(size), problem.picture_weights
            composed = compose_patches(recolored, pictures, weights, problem.options.seed) if pictures else recolored
        return torch.lerp(recolored, composed, PATCHES_SHARE)

    def _compose_regions(self, recolored: Image) -> Image:
        """Return the image with each region assembled from patches of its style image's region."""
        problem, size = self.problem, Size.of(recolored)
        pictures, seed = problem.pictures_at(size), problem.options.seed
        parts = [
            compose_patches(recolored, [pictures[region.style_index]], [1.0], seed, [region.style])
            for region in problem.regions
        ]
        return blend_regions(recolored, parts, feathered_masks(problem.regions, size, problem.feather_at(size)))

    def _plain(self, size: Size) -> Image | None:
        """Return the initial image without noise and patches; None if it has no detail."""
        if self.given is not None:
            return resize(self.given, size, clamp=True)
        content, style = self.problem.content, self.problem.styles[0]
        match self.problem.options.init:
            case "content":
                return resize(content, size, clamp=True)
            case "recolored" | "patches":
                return self.recolor_content(size)
            case "style" if not isinstance(style, StyleFile):
                return cover(style, size)
        return None
