"""Whose colors a painting has: the painting's, or the photograph's in one of three ways."""

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
    """The photograph and the paintings as the network is shown them.

    Raises: InputError: colors of a painting of which only the style is there.
    Source: Gatys et al., 1606.05897: color matching, and luminance-only transfer.
    """
    if options.color == "style" or options.color_when == "after":
        return content, styles
    images = [_with_pixels(options, style) for style in styles]
    if options.color == "keep-luminance":
        return _gray(options, content), [_gray(options, image, content) for image in images]
    return content, [_matched(options, picture, content) for picture in images]


def _with_pixels(options: ColorOptions, style: Image | StyleFile) -> Image:
    if isinstance(style, StyleFile):
        raise InputError(
            f"{options.color} changes the colors of paintings before they are seen, and of {style.source} only the "
            "style is kept: change colors after painting (color-when after), or give the painting itself."
        )
    return style


@torch.no_grad()
def apply_colors(options: ColorOptions, content: Image, painted: Image) -> Image:
    """What was painted, with the colors that it is to have; the painted picture may have any size.

    Where colors are changed, values are clamped to [0, 1] before and after.
    """
    luminance_only = options.color == "keep-luminance"
    if options.color == "style" or (options.color_when == "before" and not luminance_only):
        return painted
    painted = painted.clamp(0, 1)
    if luminance_only:
        return _with_colors(options, painted, _like(content, painted))
    return _matched(options, painted, _like(content, painted))


def _matched(options: ColorOptions, image: Image, content: Image) -> Image:
    space = SPACES[options.color_space]
    own, like = space.encode(image), space.encode(content)
    matched = match_linear(own, like, options.color_transform)
    if options.color == "match-histogram":
        # Channels by themselves know nothing of each other: where they were not alike, colors become garish.
        matched = match_histogram(matched, like)
    return _part(options, image, own, matched)


def _gray(options: ColorOptions, image: Image, like: Image | None = None) -> Image:
    """The lightness alone; with the mean and deviation of the lightness of another."""
    space = SPACES[options.color_space]
    own = space.encode(image)
    lightness = space.lightness(own)
    if like is not None:
        lightness = match_lightness(lightness, space.lightness(space.encode(like)))
    return _part(options, image, own, space.grays_of(lightness))


def _with_colors(options: ColorOptions, painted: Image, content: Image) -> Image:
    """The painted lightness in the photograph's colors, paler where sRGB has none that strong."""
    space = SPACES[options.color_space]
    own = space.encode(painted)
    lightness = space.lightness(own)
    colored = space.decode(space.with_lightness(space.encode(content), lightness))
    colored = clip_chroma(colored, space.decode(space.grays_of(lightness)))
    return _part(options, painted, own, space.encode(colored))


def _part(options: ColorOptions, image: Image, own: Feature, changed: Feature) -> Image:
    """As far of the way from own to changed coordinates as the options say."""
    if options.color_strength == 0:
        return image
    part = changed if options.color_strength == 1 else torch.lerp(own, changed, options.color_strength)
    return SPACES[options.color_space].decode(part).clamp(0, 1)


def _like(content: Image, painted: Image) -> Image:
    """The photograph at the painted size, on its device."""
    return resize(content, Size.of(painted), clamp=True).to(painted)
