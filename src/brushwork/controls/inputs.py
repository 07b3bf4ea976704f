"""Inputs of a recipe: content image, style images, initial image, and regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias, cast

import torch

from brushwork.choices import MaskPropagation
from brushwork.controls.style_file import StyleFile
from brushwork.encoders import Encoder
from brushwork.errors import InputError, require_type
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput, as_image, is_source
from brushwork.options import require_enough_pixels
from brushwork.storage.file_names import STYLE_ENDING
from brushwork.types import Image, Mask

StyleInput: TypeAlias = ImageInput | StyleFile
"""A style image or a style file; a path that ends in .style is a style file."""

StyleInputs: TypeAlias = StyleInput | Iterable[StyleInput]
"""One style input, or several."""


_NOISE = 1.0
"""Maximum distance of an initial image's values from [0, 1]: noise is unbounded."""


class RecipeInputs(NamedTuple):
    """Input images of a recipe, and the regions of a style transfer."""

    content: Image
    """The content image; for a reconstruction or a texture, the source image."""
    styles: tuple[Image | StyleFile, ...] = ()
    init: Image | None = None
    regions: tuple[StyleRegion, ...] = ()
    """Regions of a transfer, each with a region of a style image; none: all style images apply everywhere."""

    @classmethod
    def of(
        cls,
        content: ImageInput,
        styles: tuple[Image | StyleFile, ...] = (),
        init: ImageInput | None = None,
        regions: Sequence[StyleRegion] = (),
        *,
        what: str = "the content image",
    ) -> Self:
        """Return inputs of any supported type as images; `what` names the first one in errors.

        For style images, see `as_styles`.

        Raises: InputError: an input cannot be used.
        """
        require_type("regions", regions, Iterable, "a list of StyleRegions")
        regions = tuple(regions)
        for region in regions:
            require_type("a region", region, StyleRegion, "a StyleRegion")
        image = as_image(content, what)
        require_enough_pixels(Size.of(image), what)
        init_image = None if init is None else as_image(init, "the initial image", beyond=_NOISE)
        for name, one in (*(("a style image", one) for one in styles), ("the initial image", init_image)):
            if isinstance(one, StyleFile) or one is None:
                continue
            if len(one) not in (1, len(image)):
                advice = (
                    "give one. Several style images are given as a list."
                    if name == "a style image"
                    else "give one, or one for each."
                )
                raise InputError(f"{name} holds {len(one)} images, and {what} {len(image)}: {advice}")
        if init_image is not None:
            init_image = init_image.expand(len(image), -1, -1, -1)
        return cls(image, styles, init_image, regions)

    def to(self, encoder: Encoder) -> Self:
        """Return the same inputs on the network's device and in its dtype."""
        like = encoder.preprocess.mean
        return self._replace(
            content=self.content.to(like),
            styles=tuple(one.to(like.device) if isinstance(one, StyleFile) else one.to(like) for one in self.styles),
            init=None if self.init is None else self.init.to(like),
            regions=tuple(region.to(like.device) for region in self.regions),
        )


def as_styles(styles: StyleInputs) -> tuple[Image | StyleFile, ...]:
    """Return one or several style inputs as images or style files.

    Raises: InputError: there is none, or one cannot be used.
    """
    if isinstance(styles, StyleFile) or is_source(styles) or not isinstance(styles, Iterable):
        return (_as_style(cast(StyleInput, styles)),)
    seen = tuple(_as_style(one) for one in cast(Iterable[StyleInput], styles))
    if not seen:
        raise InputError("no style image was given: give at least one.")
    return seen


def require_single(image: Image, what: str) -> None:
    """Raise an InputError if a batch is given where all images must share one style image."""
    if len(image) > 1:
        raise InputError(
            f"{what} holds {len(image)} images, and one is taken: paint one after the other, or give several style "
            "images as a list."
        )


def _as_style(style: StyleInput) -> Image | StyleFile:
    if isinstance(style, StyleFile):
        return style
    if isinstance(style, str | PathLike) and Path(style).suffix.lower() == STYLE_ENDING:
        return StyleFile.read(style)
    image = as_image(style, "a style image")
    require_enough_pixels(Size.of(image), "a style image")
    return image


@dataclass(frozen=True)
class StyleRegion:
    """A region of the content image, and the region of a style image that provides its style."""

    content: Mask = field(repr=False)
    """One map of weights in [0, 1], of any size with the content image's proportions."""
    style: Mask = field(repr=False)
    """One map of weights for the style image."""
    style_index: int = 0
    """Index of the style image, from 0."""

    def to(self, device: torch.device) -> StyleRegion:
        """Return the same region on a device."""
        return replace(self, content=self.content.to(device), style=self.style.to(device))


class GuideOptions(NamedTuple):
    """Options for turning masks into guides."""

    way: MaskPropagation
    feather: float
    """Standard deviation of the blur in pixels, at the current size."""


def require_regions(
    regions: Sequence[StyleRegion], styles: Sequence[Image | StyleFile], blend: Sequence[float]
) -> None:
    """Raise unless the regions fit the style images.

    Raises: InputError: a region of a missing style image or of a style file, a style image without a region, masks with
    several maps, or blend weights.
    """
    for number, style in enumerate(styles):
        if isinstance(style, StyleFile):
            raise InputError(
                f"the style file of {style.source} cannot be divided into regions: give the style image itself."
            )
        if all(region.style_index != number for region in regions):
            raise InputError(f"style image {number + 1} has no region: give a mask for each style image.")
    for number, region in enumerate(regions, start=1):
        if not 0 <= region.style_index < len(styles):
            raise InputError(
                f"region {number} belongs to style image {region.style_index + 1}, but {len(styles)} were given."
            )
        for mask in (region.content, region.style):
            if len(mask) != 1:
                raise InputError(f"region {number} has a mask of {len(mask)} images: give one image for each mask.")
    if regions and blend:
        raise InputError("regions already say which style image applies where: remove style-blend, or the regions.")
