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
from brushwork.recipes.balance import combined_style, content_objective, style_objective, tv_objective
from brushwork.recipes.coarse_to_fine import make_schedule
from brushwork.recipes.convention import NORMALIZATIONS
from brushwork.recipes.guided_style import region_objective
from brushwork.recipes.kept_style import EncoderFingerprint, StyleFile
from brushwork.recipes.loss_weights import BY_REGIONS, MOMENTS_ONLY, parse_loss_weights, require_known_losses
from brushwork.recipes.losses import StyleTargets
from brushwork.recipes.redrawing import ResampledObjective, with_resampling
from brushwork.recipes.regions import GuideOptions, StyleRegion, require_regions
from brushwork.recipes.scales import ScaledStyle, scaled_styles, style_pixels, style_size
from brushwork.recipes.share import FULL_IMAGE, Partition
from brushwork.style import Style, blend_styles, normalize_weights
from brushwork.types import Evaluate, Image

if TYPE_CHECKING:
    from brushwork.recipes.transfer import TransferOptions


@dataclass(frozen=True)
class TransferProblem:
    """What is painted, and after whom."""

    content: Image
    styles: Sequence[Image | StyleFile]
    options: TransferOptions
    encoder: Encoder
    partition: Partition = FULL_IMAGE
    regions: Sequence[StyleRegion] = ()

    def evaluate_at(self, size: Size) -> Evaluate | ResampledObjective:
        """The losses at a size, with targets made at that size."""
        return with_resampling(self.objective_at(size), lambda one: self.partition.evaluate(self.encoder, one, size))

    def objective_at(self, size: Size) -> Objective:
        """Content, style and smoothness as the options weigh them, at a size."""
        options, normalization = self.options, NORMALIZATIONS[self.options.normalization]
        content = resize(self.content, size, clamp=True)
        layers, style = options.content_layers, self.style_at(size, options.content_layers)
        return (
            content_objective(
                content, self.encoder, layers, options.content_weight, normalization, style, self.partition
            )
            + self._style_objective(size)
            + tv_objective(options.tv_form, options.tv_weight, size, options.encoder_scale)
        )

    def style_at(self, size: Size, layers: Sequence[str]) -> Style:
        """The blend of the paintings' styles, at a size of the photograph."""
        styles = [self._one_style_at(view, size, layers) for view in self._views]
        return blend_styles(styles, self.options.style_blend or None)

    def require_compatible_styles(self) -> None:
        """Refuse kept styles that were taken with another look than the options', and what cannot go together.

        Raises: InputError.
        """
        options, several = self.options, len(self._views) > len(self.styles)
        if self.regions:
            require_known_losses(options.loss, BY_REGIONS, "regions are sets of cells")
            require_regions(self.regions, self.styles, options.style_blend)
        if self.regions and several:
            raise InputError("regions take each painting at one scale: give one style-scale for each, or one for all.")
        if options.style_blend and "patches" in parse_loss_weights(options.loss):
            raise InputError("the loss patches takes whichever painting is nearest: leave style-blend away.")
        kept = [style_image for style_image in self.styles if isinstance(style_image, StyleFile)]
        if kept:
            seen = EncoderFingerprint.of(options, options, self.encoder)
            for style in kept:
                style.require_compatible(seen)

    def _style_objective(self, size: Size) -> Objective:
        options, normalization = self.options, NORMALIZATIONS[self.options.normalization]
        if self.regions:
            guiding = GuideOptions(options.guides, options.feather * max(size) / max(self._finest))
            how = (guiding, options, normalization, self.encoder, self.partition)
            return region_objective(self.regions, self._pictures(size), size, *how)
        style = self.style_at(size, options.style_layers)
        return style_objective(style, options, normalization, self._models(style, size))

    def _models(self, style: Style, size: Size) -> StyleTargets | None:
        """The paintings themselves, where they are there, and a loss wants them."""
        options = self.options
        kept = any(isinstance(style_image, StyleFile) for style_image in self.styles)
        if kept or not parse_loss_weights(options.loss).keys() - MOMENTS_ONLY:
            return None
        weights = normalize_weights(len(self._views), options.style_blend or None)
        return StyleTargets(self._pictures(size), weights, style, self.encoder, size, options.seed, self.partition)

    def _one_style_at(self, view: ScaledStyle, size: Size, layers: Sequence[str]) -> Style:
        if isinstance(view.style, StyleFile):
            return view.style.style_at(style_pixels(self.options, size, view.scale), layers, self.encoder)
        (style,) = combined_style([self._scaled(view.style, view.scale, size)], self.encoder, layers, self.partition)
        return style

    def _pictures(self, size: Size) -> list[Image]:
        """What is looked at of those paintings that are there."""
        return [self._scaled(style, scale, size) for style, scale in self._views if not isinstance(style, StyleFile)]

    def _scaled(self, style: Image, scale: float, size: Size) -> Image:
        return resize(style, style_size(self.options, size, Size.of(style), scale), clamp=True)

    @cached_property
    def _views(self) -> Sequence[ScaledStyle]:
        return scaled_styles(self.styles, self.options)

    @property
    def _finest(self) -> Size:
        return make_schedule(Size.of(self.content), self.options.size, self.options.measure, self.options)[-1].size
