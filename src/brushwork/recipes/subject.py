"""What a transfer paints: a photograph and paintings, and from them the losses at every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from brushwork.errors import InputError
from brushwork.objective import Objective
from brushwork.perception import Encoder
from brushwork.picture.resample import resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import content_objective, smooth_objective, style_objective, style_of
from brushwork.recipes.coarse_to_fine import levels
from brushwork.recipes.convention import CONVENTIONS
from brushwork.recipes.guided_style import region_objective
from brushwork.recipes.kept_style import KeptStyle, Seen
from brushwork.recipes.loss_weights import BY_REGIONS, MOMENTS_ONLY, loss_weights, require_among
from brushwork.recipes.losses import Models
from brushwork.recipes.redrawing import Redrawing, redrawing
from brushwork.recipes.regions import Guiding, Region, require_regions
from brushwork.recipes.scales import View, style_pixels, style_size, views
from brushwork.recipes.share import ALONE, Share
from brushwork.style import Style, blend, shares
from brushwork.types import Evaluate, Image

if TYPE_CHECKING:
    from brushwork.recipes.transfer import Transfer


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

    def style_at(self, size: Size, layers: Sequence[str]) -> Style:
        """The blend of the paintings' styles, at a size of the photograph."""
        styles = [self._one_style_at(view, size, layers) for view in self._views]
        return blend(styles, self.options.style_blend or None)

    def require_usable(self) -> None:
        """Refuse kept styles that were taken with another look than the options', and what cannot go together.

        Raises: InputError.
        """
        options, several = self.options, len(self._views) > len(self.paintings)
        if self.regions:
            require_among(options.loss, BY_REGIONS, "regions are sets of cells")
            require_regions(self.regions, self.paintings, options.style_blend)
        if self.regions and several:
            raise InputError("regions take each painting at one scale: give one style-scale for each, or one for all.")
        if options.style_blend and "patches" in loss_weights(options.loss):
            raise InputError("the loss patches takes whichever painting is nearest: leave style-blend away.")
        kept = [painting for painting in self.paintings if isinstance(painting, KeptStyle)]
        if kept:
            seen = Seen.of(options, options, self.encoder)
            for style in kept:
                style.require(seen)

    def _style_objective(self, size: Size) -> Objective:
        options, convention = self.options, CONVENTIONS[self.options.convention]
        if self.regions:
            guiding = Guiding(options.guides, options.feather * max(size) / max(self._finest))
            how = (guiding, options, convention, self.encoder, self.share)
            return region_objective(self.regions, self._pictures(size), size, *how)
        style = self.style_at(size, options.style_layers)
        return style_objective(style, options, convention, self._models(style, size))

    def _models(self, style: Style, size: Size) -> Models | None:
        """The paintings themselves, where they are there, and a loss wants them."""
        options = self.options
        kept = any(isinstance(painting, KeptStyle) for painting in self.paintings)
        if kept or not loss_weights(options.loss).keys() - MOMENTS_ONLY:
            return None
        weights = shares(len(self._views), options.style_blend or None)
        return Models(self._pictures(size), weights, style, self.encoder, size, options.seed, self.share)

    def _one_style_at(self, view: View, size: Size, layers: Sequence[str]) -> Style:
        if isinstance(view.painting, KeptStyle):
            return view.painting.at(style_pixels(self.options, size, view.scale), layers, self.encoder)
        (style,) = style_of([self._scaled(view.painting, view.scale, size)], self.encoder, layers, self.share)
        return style

    def _pictures(self, size: Size) -> list[Image]:
        """What is looked at of those paintings that are there."""
        return [
            self._scaled(painting, scale, size)
            for painting, scale in self._views
            if not isinstance(painting, KeptStyle)
        ]

    def _scaled(self, painting: Image, scale: float, size: Size) -> Image:
        return resize(painting, style_size(self.options, size, Size.of(painting), scale), clamp=True)

    @cached_property
    def _views(self) -> Sequence[View]:
        return views(self.paintings, self.options)

    @property
    def _finest(self) -> Size:
        return levels(Size.of(self.photograph), self.options.size, self.options.measure, self.options)[-1].size
