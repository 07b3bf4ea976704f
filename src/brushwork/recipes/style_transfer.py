"""Style transfer: the content of one image in the style of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.controls.inputs import GuideOptions, RecipeInputs, StyleInputs, StyleRegion, as_styles, require_regions
from brushwork.controls.style_file import EncoderFingerprint, StyleFile
from brushwork.controls.style_scale import ScaledStyle, scaled_styles, style_pixels, style_size
from brushwork.encoders import Encoder
from brushwork.errors import InputError
from brushwork.gradients.partition import FULL_IMAGE, FullImage, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.objective import Objective
from brushwork.options.groups import load_encoder_for
from brushwork.options.style_losses import BY_REGIONS, MOMENTS_ONLY, parse_loss_weights, require_known_losses
from brushwork.recipes.guided_objective import region_objective
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.multiscale import (
    Progress,
    ResampledObjective,
    ResumeState,
    make_schedule,
    optimize_multiscale,
    with_resampling,
)
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import combined_style, content_objective, style_objective, tv_objective
from brushwork.recipes.options import TransferOptions
from brushwork.recipes.style_targets import StyleTargets
from brushwork.style import Style, blend_styles, normalize_weights
from brushwork.types import Evaluate, Image


def transfer(
    content_image: ImageInput,
    style_images: StyleInputs,
    options: TransferOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
    regions: Sequence[StyleRegion] = (),
) -> Iterator[Progress]:
    """Paint a photograph in the style of one or more paintings, step by step.

    Pictures are whatever `as_image` takes: paths, Pillow images, arrays, tensors. A photograph that is a tensor lies
    on the device to paint on. `encoder` stands in for the network that the options name (its device and its type are
    painted with), `init` for their starting point; `resume` goes on where a former painting stopped, and ends bit for
    bit as it would have.
    What is yielded is this process's `partition` of the picture. With `regions`, each part is painted after a part of a
    painting.

    Raises: InputError: options or pictures that cannot be used. Diverged: the optimization failed for good.
    Source: Gatys, Ecker, Bethge, 1508.06576.
    """
    given = RecipeInputs.of(content_image, as_styles(style_images), init, regions)
    eye = encoder or load_encoder_for(options, given.content.device)
    own, seen, begun, parts = given.to(eye)
    content, styles = prepare_colors(options, own, seen)
    subject = TransferProblem(content, styles, options, eye, partition, parts)
    subject.require_compatible_styles()
    plan = make_schedule(Size.of(own), options.size, options.measure, options)
    if begun is None:
        begun = make_init_image(
            options, plan[0].size, content, _to_start_from(styles[0], content, options), options.encoder_scale
        )
    steps = optimize_multiscale(plan, subject.evaluate_at, begun, options, resume, partition)
    # A part of a picture has no colors of its own: they are changed where the parts are put together.
    return with_final_colors(steps, partial(apply_colors, options, own)) if isinstance(partition, FullImage) else steps


def _to_start_from(style: Image | StyleFile, content: Image, options: TransferOptions) -> Image:
    """The painting; where there is only its style, nothing may start from it, and the photograph stands in.

    Raises: InputError: the start is to be a painting, and only its style is there.
    """
    if not isinstance(style, StyleFile):
        return style
    if options.init == "style":
        raise InputError(f"the start is style, and of {style.source} only the style is kept: take another start.")
    return content


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


def with_final_colors(steps: Iterator[Progress], finish: Callable[[Image], Image]) -> Iterator[Progress]:
    """The same steps, whose picture is seen finished."""
    for progress in steps:
        yield progress._replace(finish=finish)
