"""Whose colors a painting has: the painting's, or the photograph's in one of three ways."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import torch

from brushwork.errors import InputError
from brushwork.picture.match import Transform, match_histogram, match_lightness, match_linear, paled
from brushwork.picture.resample import resize
from brushwork.picture.spaces import SPACES, SpaceName
from brushwork.picture.window import Size
from brushwork.recipes.kept_style import KeptStyle
from brushwork.recipes.options import require
from brushwork.types import Feature, Image

if TYPE_CHECKING:
    from brushwork.recipes.coarse_to_fine import Progress

ColorMode: TypeAlias = Literal["style", "keep-luminance", "match-linear", "match-histogram"]


@dataclass(frozen=True, kw_only=True)
class Coloring(ABC):
    """Whose colors the result has."""

    color: ColorMode = "style"
    """The painting's colors (style); the photograph's, of which only the lightness is painted (keep-luminance); or the
    painting's made like the photograph's, in mean and covariance (match-linear), then in each channel's histogram too
    (match-histogram)."""

    color_transform: Transform = "pca"
    """How covariances are turned into each other: by Cholesky factors (chol), roots as Image Analogies do
    (pca), or moving colors least (sym)."""

    color_when: Literal["before", "after"] = "before"
    """Whether colors are changed before painting, in what the network is shown, or after, in what was painted.
    keep-luminance returns the photograph's colors at the end in both cases."""

    color_strength: float = 1.0
    """How far colors are changed: 0 not at all, 1 fully."""

    color_space: SpaceName = "srgb"
    """Space in which colors are changed; srgb keeps the luma of television, as the authors do."""

    def __post_init__(self) -> None:
        require(0 <= self.color_strength <= 1, "color_strength", self.color_strength, "0 or more, up to 1")


def recolored(
    options: Coloring, photograph: Image, paintings: Sequence[Image | KeptStyle]
) -> tuple[Image, Sequence[Image | KeptStyle]]:
    """The photograph and the paintings as the network is shown them.

    Raises: InputError: colors of a painting of which only the style is there.
    Source: Gatys et al., 1606.05897: color matching, and luminance-only transfer.
    """
    if options.color == "style" or options.color_when == "after":
        return photograph, paintings
    pictures = [_with_pixels(options, painting) for painting in paintings]
    if options.color == "keep-luminance":
        return _gray(options, photograph), [_gray(options, picture, photograph) for picture in pictures]
    return photograph, [_matched(options, picture, photograph) for picture in pictures]


def _with_pixels(options: Coloring, painting: Image | KeptStyle) -> Image:
    if isinstance(painting, KeptStyle):
        raise InputError(
            f"{options.color} changes the colors of paintings before they are seen, and of {painting.source} only the "
            "style is kept: change colors after painting (color-when after), or give the painting itself."
        )
    return painting


@torch.no_grad()
def finished(options: Coloring, photograph: Image, painted: Image) -> Image:
    """What was painted, with the colors that it is to have; the painted picture may have any size.

    Where colors are changed, values are clamped to [0, 1] before and after.
    """
    luminance_only = options.color == "keep-luminance"
    if options.color == "style" or (options.color_when == "before" and not luminance_only):
        return painted
    painted = painted.clamp(0, 1)
    if luminance_only:
        return _with_colors(options, painted, _like(photograph, painted))
    return _matched(options, painted, _like(photograph, painted))


def finishing(steps: Iterator[Progress], finish: Callable[[Image], Image]) -> Iterator[Progress]:
    """The same steps, whose picture is seen finished."""
    for progress in steps:
        yield progress._replace(finish=finish)


def _matched(options: Coloring, picture: Image, photograph: Image) -> Image:
    space = SPACES[options.color_space]
    own, like = space.encode(picture), space.encode(photograph)
    matched = match_linear(own, like, options.color_transform)
    if options.color == "match-histogram":
        # Channels by themselves know nothing of each other: where they were not alike, colors become garish.
        matched = match_histogram(matched, like)
    return _part(options, picture, own, matched)


def _gray(options: Coloring, picture: Image, like: Image | None = None) -> Image:
    """The lightness alone; with the mean and deviation of the lightness of another."""
    space = SPACES[options.color_space]
    own = space.encode(picture)
    lightness = space.lightness(own)
    if like is not None:
        lightness = match_lightness(lightness, space.lightness(space.encode(like)))
    return _part(options, picture, own, space.grays(lightness))


def _with_colors(options: Coloring, painted: Image, photograph: Image) -> Image:
    """The painted lightness in the photograph's colors, paler where sRGB has none that strong."""
    space = SPACES[options.color_space]
    own = space.encode(painted)
    lightness = space.lightness(own)
    colored = space.decode(space.lit(space.encode(photograph), lightness))
    colored = paled(colored, space.decode(space.grays(lightness)))
    return _part(options, painted, own, space.encode(colored))


def _part(options: Coloring, picture: Image, own: Feature, changed: Feature) -> Image:
    """As far of the way from own to changed coordinates as the options say."""
    if options.color_strength == 0:
        return picture
    part = changed if options.color_strength == 1 else torch.lerp(own, changed, options.color_strength)
    return SPACES[options.color_space].decode(part).clamp(0, 1)


def _like(photograph: Image, painted: Image) -> Image:
    """The photograph at the painted size, on its device."""
    return resize(photograph, Size.of(painted), clamp=True).to(painted)
