"""Transfer: the content of a photograph in the style of paintings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from brushwork.errors import InputError
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture.resample import fit, resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import content_objective, smooth_objective, style_objective, style_of
from brushwork.recipes.coarse_to_fine import Progress, Saved, coarse_to_fine, levels
from brushwork.recipes.coloring import Coloring, finished, finishing, recolored
from brushwork.recipes.convention import CONVENTIONS
from brushwork.recipes.guided_style import region_objective
from brushwork.recipes.guides import Carrying
from brushwork.recipes.kept_style import KeptStyle, Seen
from brushwork.recipes.loss_weights import MOMENTS_ONLY, loss_weights, require_moments_only
from brushwork.recipes.losses import Models
from brushwork.recipes.options import (
    Descending,
    Seeing,
    Sizing,
    Starting,
    Weighing,
    WeighingContent,
    WeighingStyle,
    check,
    measured,
    require,
    require_size,
)
from brushwork.recipes.redrawing import Redrawing, redrawing
from brushwork.recipes.regions import Guiding, Region, require_regions
from brushwork.recipes.seeing import encoder_for
from brushwork.recipes.share import ALONE, Alone, Share
from brushwork.recipes.start import beginning
from brushwork.style import Style, blend, shares
from brushwork.types import Evaluate, Image


@dataclass(frozen=True, kw_only=True)
class Transfer(Sizing, WeighingContent, WeighingStyle, Weighing, Coloring, Starting, Descending, Seeing):
    """Options of a style transfer."""

    style_blend: tuple[float, ...] = ()
    """Weight of each painting in the blend, one for each; none: equal weights."""

    grain: float = 15.0
    """Standard deviation, on the scale 0 to `white`, of noise that is added to a photograph or a painting to start
    from: without it flat parts are painted on the network's grid. 0 as the published programs."""

    style_scale: float = 1.0
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes."""

    guides: Carrying = "simple"
    """Which cells of a layer belong to a region: as the mask says at the layer's size (simple), all that see the region
    (all), or those that see nothing else (inside)."""

    feather: float = 0.0
    """How far regions fade into each other, in pixels of the finished picture; 0: as the masks are."""

    def __post_init__(self) -> None:
        check(self)
        require(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require(0 < self.style_scale < inf, "style_scale", self.style_scale, "above 0, and finite")


def transfer(
    photograph: Image,
    paintings: Sequence[Image | KeptStyle],
    options: Transfer,
    *,
    encoder: Encoder | None = None,
    start: Image | None = None,
    saved: Saved | None = None,
    share: Share = ALONE,
    regions: Sequence[Region] = (),
) -> Iterator[Progress]:
    """Paint a photograph in the style of one or more paintings, step by step.

    The pictures lie on the device to paint on. `encoder` stands in for the network that the options name, `start`
    for their starting point; `saved` goes on where a former painting stopped, and ends bit for bit as it would have.
    What is yielded is this process's `share` of the picture. With `regions`, each part is painted after a part of a
    painting.

    Raises: InputError: options or pictures that cannot be used. Diverged: the optimization failed for good.
    Source: Gatys, Ecker, Bethge, 1508.06576.
    """
    require_size(photograph, "the photograph")
    if not paintings:
        raise InputError("no painting was given: name at least one, whose style is taken.")
    for painting in paintings:
        if not isinstance(painting, KeptStyle):
            require_size(painting, "a painting")
    content, styles = recolored(options, photograph, paintings)
    subject = Subject(content, styles, options, encoder or encoder_for(options, photograph.device), share, regions)
    subject.require_usable()
    plan = levels(Size.of(photograph), options.size, options.measure, options)
    if start is None:
        start = beginning(options, plan[0].size, content, _to_start_from(styles[0], content, options), options.white)
    steps = coarse_to_fine(plan, subject.evaluate_at, start, options, saved, share)
    # A part of a picture has no colors of its own: they are changed where the parts are put together.
    return finishing(steps, partial(finished, options, photograph)) if isinstance(share, Alone) else steps


@dataclass(frozen=True)
class Subject:
    """What is painted, and after whom."""

    photograph: Image
    paintings: Sequence[Image | KeptStyle]
    options: Transfer
    encoder: Encoder
    share: Share = ALONE
    regions: Sequence[Region] = ()

    def evaluate_at(self, size: Size) -> Evaluate | Redrawing:
        """The losses at a size, with targets made at that size."""
        return redrawing(self.objective_at(size), lambda one: self.share.evaluate(self.encoder, one, size))

    def objective_at(self, size: Size) -> Objective:
        """Content, style and smoothness as the options weigh them, at a size."""
        options, convention = self.options, CONVENTIONS[self.options.convention]
        photograph = resize(self.photograph, size, clamp=True)
        layers, painting = options.content_layers, self.style_at(size, options.content_layers)
        return (
            content_objective(
                photograph, self.encoder, layers, options.content_weight, convention, painting, self.share
            )
            + self._style_objective(size)
            + smooth_objective(options.smoothness_form, options.smoothness, size, options.white)
        )

    def _style_objective(self, size: Size) -> Objective:
        options, convention = self.options, CONVENTIONS[self.options.convention]
        if self.regions:
            pictures = [self._scaled(one, size) for one in self._pictures]
            guiding = Guiding(options.guides, options.feather * max(size) / max(self._finest))
            how = (guiding, options, convention, self.encoder, self.share)
            return region_objective(self.regions, pictures, size, *how)
        style = self.style_at(size, options.style_layers)
        return style_objective(style, options, convention, self._models(style, size))

    def _models(self, style: Style, size: Size) -> Models | None:
        """The paintings themselves, where they are there, and a loss wants them."""
        options, pictures = self.options, self._pictures
        if len(pictures) < len(self.paintings) or not loss_weights(options.loss).keys() - MOMENTS_ONLY:
            return None
        scaled, weights = (
            [self._scaled(one, size) for one in pictures],
            shares(len(pictures), options.style_blend or None),
        )
        return Models(scaled, weights, style, self.encoder, size, options.seed, self.share)

    @property
    def _pictures(self) -> Sequence[Image]:
        return [one for one in self.paintings if not isinstance(one, KeptStyle)]

    def style_at(self, size: Size, layers: Sequence[str]) -> Style:
        """The blend of the paintings' styles, at a size of the photograph."""
        styles = [self._one_style_at(painting, size, layers) for painting in self.paintings]
        return blend(styles, self.options.style_blend or None)

    def _one_style_at(self, painting: Image | KeptStyle, size: Size, layers: Sequence[str]) -> Style:
        if isinstance(painting, KeptStyle):
            return painting.at(style_pixels(self.options, size), layers, self.encoder)
        (style,) = style_of([self._scaled(painting, size)], self.encoder, layers, self.share)
        return style

    def _scaled(self, painting: Image, size: Size) -> Image:
        return resize(painting, style_size(self.options, size, Size.of(painting)), clamp=True)

    @property
    def _finest(self) -> Size:
        return levels(Size.of(self.photograph), self.options.size, self.options.measure, self.options)[-1].size

    def require_usable(self) -> None:
        """Refuse kept styles that were taken with another look than the options', and what cannot go together.

        Raises: InputError.
        """
        options = self.options
        if self.regions:
            require_moments_only(options.loss, "regions have moments of their own")
            require_regions(self.regions, self.paintings, options.style_blend)
        if options.style_blend and "patches" in loss_weights(options.loss):
            raise InputError("the loss patches takes whichever painting is nearest: leave style-blend away.")
        kept = [painting for painting in self.paintings if isinstance(painting, KeptStyle)]
        if kept:
            seen = Seen.of(self.options, self.options, self.encoder)
            for style in kept:
                style.require(seen)


def style_pixels(options: Transfer, size: Size) -> int:
    """Pixels, as `measure` says, of a painting as it is looked at for a photograph at a size."""
    return max(1, round(measured(size, options.measure) * options.style_scale))


def style_size(options: Transfer, size: Size, painting: Size) -> Size:
    """The size at which a painting is looked at, for a photograph at a size."""
    return fit(painting, style_pixels(options, size), by=options.measure)


def _to_start_from(painting: Image | KeptStyle, photograph: Image, options: Transfer) -> Image:
    """The painting; where there is only its style, nothing may start from it, and the photograph stands in.

    Raises: InputError: the start is to be a painting, and only its style is there.
    """
    if not isinstance(painting, KeptStyle):
        return painting
    if options.start == "style":
        raise InputError(f"the start is style, and of {painting.source} only the style is kept: take another start.")
    return photograph
