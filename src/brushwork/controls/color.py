"""Color control: the result has the style image's colors, or keeps the content image's in one of three ways."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from brushwork.controls.style_file import StyleFile
from brushwork.errors import InputError
from brushwork.images.color import SPACES
from brushwork.images.color_transfer import clip_chroma, match_histogram, match_lightness, match_linear
from brushwork.images.geometry import Size
from brushwork.images.resample import resize
from brushwork.options.groups import ColorOptions
from brushwork.types import Feature, Image


def prepare_colors(
    options: ColorOptions, content: Image, styles: Sequence[Image | StyleFile]
) -> tuple[Image, Sequence[Image | StyleFile]]:
    """Return the content image and the style images in the colors in which the network encodes them.

    Each content image of a batch gets its own style images.

    Raises: InputError: the colors of a style file, which has no image, would have to change.
    Source: Gatys et al., 1606.05897: color matching, and luminance-only transfer.
    """
    images = require_color_images(options, styles)
    if images is None:
        return content, styles
    if options.color == "keep-luminance":
        return _gray(options, content), [_gray(options, image, content) for image in images]
    return content, [_match(options, picture, content) for picture in images]


def require_color_images(options: ColorOptions, styles: Sequence[Image | StyleFile]) -> list[Image] | None:
    """Return the style images, whose colors change before they are encoded; None if no colors change.

    Raises: InputError: one is a style file.
    """
    if options.color == "style" or options.color_when == "after":
        return None
    return [_with_pixels(options, style) for style in styles]


def _with_pixels(options: ColorOptions, style: Image | StyleFile) -> Image:
    if isinstance(style, StyleFile):
        raise InputError(
            f"{options.color} changes the colors of style images before they are encoded, but {style.source} is a "
            "style file without its image: change colors after painting (--color-when after), or give the style image "
            "itself."
        )
    return style


@torch.no_grad()
def apply_colors(options: ColorOptions, content: Image, painted: Image) -> Image:
    """Return an optimized image of any size with the color options applied.

    If colors change, values are clamped to [0, 1] before and after.
    """
    if not options.recolors_result:
        return painted
    painted = painted.clamp(0, 1)
    if options.color == "keep-luminance":
        return _with_colors(options, painted, _like(content, painted))
    return _match(options, painted, _like(content, painted))


def _match(options: ColorOptions, image: Image, content: Image) -> Image:
    space = SPACES[options.color_space]
    own, like = space.encode(image), space.encode(content)
    matched = match_linear(own, like, options.color_transform)
    if options.color == "match-histogram":
        # Channels are matched independently: unless they were similar before, colors become garish.
        matched = match_histogram(matched, like)
    return _part(options, image, own, matched)


def _gray(options: ColorOptions, image: Image, like: Image | None = None) -> Image:
    """Return only the lightness, with the mean and standard deviation of `like`'s lightness if given."""
    space = SPACES[options.color_space]
    own = space.encode(image)
    lightness = space.lightness(own)
    if like is not None:
        lightness = match_lightness(lightness, space.lightness(space.encode(like)))
    return _part(options, image, own, space.grays_of(lightness))


def _with_colors(options: ColorOptions, painted: Image, content: Image) -> Image:
    """Return the optimized lightness in the content image's colors, less saturated where they leave the sRGB gamut."""
    space = SPACES[options.color_space]
    own = space.encode(painted)
    lightness = space.lightness(own)
    colored = space.decode(space.with_lightness(space.encode(content), lightness))
    colored = clip_chroma(colored, space.decode(space.grays_of(lightness)))
    return _part(options, painted, own, space.encode(colored))


def _part(options: ColorOptions, image: Image, own: Feature, changed: Feature) -> Image:
    """Return the image with coordinates interpolated from own to changed by `color_strength`."""
    if options.color_strength == 0:
        return image
    part = changed if options.color_strength == 1 else torch.lerp(own, changed, options.color_strength)
    return SPACES[options.color_space].decode(part).clamp(0, 1)


def _like(content: Image, painted: Image) -> Image:
    """Return the content image at the size of the optimized image, on its device."""
    return resize(content, Size.of(painted), clamp=True).to(painted)
