"""Style transfer: the content of one image in the style of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from math import inf
from typing import ClassVar

from brushwork.choices import MaskPropagation, StyleFit
from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.controls.inputs import GuideOptions, RecipeInputs, StyleInputs, StyleRegion, as_styles
from brushwork.controls.style_file import StyleFile
from brushwork.controls.style_scale import (
    ScaledStyle,
    require_style_scale,
    scaled_styles,
    style_pixels,
    style_size,
    style_sizes,
)
from brushwork.encoders import Encoder
from brushwork.gradients.grid_shift import NO_SHIFT, GridShift, draw_shift
from brushwork.gradients.partition import FULL_IMAGE, FullImage, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.losses import style_losses
from brushwork.objective import Objective
from brushwork.options import (
    SMALLEST_SIDE,
    ContentOptions,
    InitOptions,
    LossOptions,
    OptimizerOptions,
    ScheduleLevel,
    SizeOptions,
    StyleOptions,
    check_options,
    register,
    require_option,
)
from brushwork.options.groups import ColorOptions, load_encoder_for
from brushwork.options.style_losses import parse_loss_weights
from brushwork.recipes.guided_objective import region_objectives
from brushwork.recipes.multiscale import (
    Progress,
    ResampledObjective,
    ResumeState,
    make_schedule,
    optimize_multiscale,
    with_final_colors,
    with_resampling,
)
from brushwork.recipes.normalization import NORMALIZATIONS
from brushwork.recipes.objectives import (
    content_objective,
    require_distinct,
    style_objective,
    tv_objective,
)
from brushwork.recipes.recipe import RecipeOptions
from brushwork.recipes.style_compatibility import require_compatible_styles
from brushwork.recipes.style_targets import StyleTargets
from brushwork.recipes.transfer_init import TransferInit
from brushwork.style import Style, blend_styles, normalize_weights
from brushwork.types import Evaluate, Image


@register
@dataclass(frozen=True, kw_only=True)
class TransferOptions(
    SizeOptions, ContentOptions, StyleOptions, LossOptions, ColorOptions, InitOptions, OptimizerOptions, RecipeOptions
):
    """Options of a style transfer."""

    method: ClassVar[str] = "transfer"
    summary: ClassVar[str] = "optimization of the pixels"
    takes_regions: ClassVar[bool] = True

    style_blend: tuple[float, ...] = ()
    """Weight of each style image in the blend (for one style image at several scales: of each scale); none: equal
    weights."""

    init_noise: float = 15.0
    """Standard deviation, on the scale 0 to `encoder_scale`, of noise added to a content or style image used as the
    initial image; without it, flat areas show the network's grid; 0 in the published programs."""

    jitter: int = 0
    """Largest number of pixels by which content image and result are extended at the top and left while encoded, at
    random and anew every 10 iterations, so that the network's grid leaves no pattern; 0: none, as in the programs."""

    detail: float = 0.0
    """Share of the initial image's detail that is added where the result is enlarged to the next size, which has none
    of its own; 0: none, as in the published programs."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the style image relative to the content image, both measured as `measure` says; larger gives larger
    strokes; one for all style images, or one for each; several for a single style image blend it with itself at each
    scale."""

    style_fit: StyleFit = "scaled"
    """How the style image is resized: to the size that `style-scale` says (scaled), so, but never enlarged (reduced),
    or with the content image's proportions (stretched)."""

    guides: MaskPropagation = "simple"
    """Which positions of a layer belong to a region: as the mask resized to the layer says (simple), all whose
    receptive field overlaps the region (all), or those whose receptive field lies inside it (inside)."""

    feather: float = 0.0
    """Standard deviation of the blur by which regions fade into each other, in pixels of the result; 0: no blur."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.jitter < SMALLEST_SIDE, "jitter", self.jitter, f"0 or more, and below {SMALLEST_SIDE}")
        require_option(0 <= self.detail < inf, "detail", self.detail, "0 or more, and finite")
        require_option(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """The content and the style layers."""
        return (*self.content_layers, *self.style_layers)

    @property
    def starts_from_adain(self) -> bool:
        """Whether the initial image is the feed-forward AdaIN result."""
        return self.init == "instant"

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the levels from `min_size` to the size of the result."""
        return make_schedule(content, self.size, self.measure, self)

    def style_sizes(self, level: Size, style: Size, number: int, styles: int) -> Mapping[float, Size]:
        """Return the size of a style image at each of its scales."""
        return style_sizes(self, level, style, number, styles, self.style_fit)

    def postprocess(self, content: Image, image: Image) -> Image:
        """Return the result with its final colors."""
        return apply_colors(self, content, image)

    def run(
        self,
        images: RecipeInputs,
        *,
        encoder: Encoder | None = None,
        resume: ResumeState | None = None,
        partition: Partition = FULL_IMAGE,
    ) -> Iterator[Progress]:
        """Run `transfer`."""
        content, styles, init, regions = images
        return transfer(
            content, styles, self, encoder=encoder, init=init, resume=resume, partition=partition, regions=regions
        )


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
    """Transfer the style of one or more images to a content image, step by step.

    Images are whatever `as_image` takes: paths, Pillow images, arrays, tensors. A content image that is a tensor lies
    on the device to run on. `encoder` replaces the network that the options name (its device and dtype are used),
    `init` their initial image; `resume` continues a run where it stopped, and ends bit for bit as the run would have.
    Each step yields this process's part of the image, as `partition` says. With `regions`, each region of the content
    image takes the style of a region of a style image.

    Raises: InputError: options or images that cannot be used. DivergedError: the optimization failed for good.
    Source: Gatys, Ecker, Bethge, 1508.06576.
    """
    given = RecipeInputs.of(content_image, as_styles(style_images), init, regions)
    eye = encoder or load_encoder_for(options, given.content.device)
    own, seen, begun, parts = given.to(eye)
    content, styles = prepare_colors(options, own, seen)
    subject = TransferProblem(content, styles, options, eye, partition, parts)
    subject.require_compatible_styles()
    plan, start = options.schedule(Size.of(own)), TransferInit(subject, begun)
    first = start.image_at(plan[0].size)
    steps = optimize_multiscale(plan, subject.evaluate_at, first, options, resume, partition, detail=start.detail)
    # Colors are changed on the full image: with several processes, where the parts are joined.
    return with_final_colors(steps, partial(apply_colors, options, own)) if isinstance(partition, FullImage) else steps


@dataclass(frozen=True)
class TransferProblem:
    """A style transfer problem: content image, style images, options, and the objective at each size."""

    content: Image
    styles: Sequence[Image | StyleFile]
    options: TransferOptions
    encoder: Encoder
    partition: Partition = FULL_IMAGE
    regions: Sequence[StyleRegion] = ()

    def evaluate_at(self, size: Size) -> Evaluate | ResampledObjective:
        """Return the evaluation of the losses at a size, with targets computed at that size."""
        options, objective = self.options, self.objectives_at(size)
        if not options.jitter:
            return with_resampling(objective(NO_SHIFT), lambda one: self.partition.evaluate(self.encoder, one, size))

        def draw(step: int) -> Evaluate:
            shift = draw_shift(options.jitter, options.seed, step)
            return self.partition.evaluate(self.encoder, objective(shift).resample(step), size, shift)

        return ResampledObjective(draw)

    def objective_at(self, size: Size) -> Objective:
        """Return content loss, style loss and total variation, weighted as the options say, at a size."""
        return self.objectives_at(size)(NO_SHIFT)

    def objectives_at(self, size: Size) -> Callable[[GridShift], Objective]:
        """Return the objective of each shifted image at a size; the style targets are computed once."""
        options, normalization = self.options, NORMALIZATIONS[self.options.normalization]
        # With regions, the style losses have targets of their own.
        blended = () if self.regions else require_distinct(self.encoder, options.style_layers)
        style = self.style_at(size, (*(options.content_layers if normalization.is_relative else ()), *blended))
        measure = style if normalization.is_relative else None
        layers, weight = options.content_layers, options.content_weight
        content, style_objectives = resize(self.content, size, clamp=True), self._style_objectives(size, style)

        def objective(shift: GridShift) -> Objective:
            extended = shift.extend(content)
            return (
                content_objective(
                    extended,
                    self.encoder,
                    layers,
                    weight,
                    normalization,
                    measure,
                    self.partition,
                    options.content_layer_weights,
                )
                + style_objectives(shift)
                + tv_objective(options.tv_form, options.tv_weight, Size.of(extended), options.encoder_scale)
            )

        return objective

    def style_at(self, size: Size, layers: Sequence[str]) -> Style:
        """Return the blend of the style images' styles, for a content image of a size; each is encoded once."""
        if not layers:
            return Style({})
        names = {layer: self.encoder.layer(layer) for layer in layers}
        styles = [self._one_style_at(view, size, tuple(dict.fromkeys(names.values()))) for view in self._views]
        blend = blend_styles(styles, self.options.style_blend or None)
        return Style({layer: blend.statistics[tap] for layer, tap in names.items()})

    def require_compatible_styles(self) -> None:
        """Check that style files were made with the encoder options in use, and that the options are compatible.

        Raises: InputError.
        """
        require_compatible_styles(self.options, self.styles, self.regions, self.encoder)

    def _style_objectives(self, size: Size, style: Style) -> Callable[[GridShift], Objective]:
        options, normalization = self.options, NORMALIZATIONS[self.options.normalization]
        if self.regions:
            finest = options.schedule(Size.of(self.content))[-1].size
            guiding = GuideOptions(options.guides, options.feather * max(size) / max(finest))
            how = (guiding, options, options.seed, normalization, self.encoder, self.partition)
            return region_objectives(self.regions, self.pictures_at(size), size, *how)
        objective = style_objective(style, options, normalization, self._models(style, size))
        return lambda _: objective

    def _models(self, style: Style, size: Size) -> StyleTargets | None:
        """Return the targets from the style images, or None if only their styles are saved or no loss needs them."""
        options = self.options
        kept = any(isinstance(style_image, StyleFile) for style_image in self.styles)
        if kept or not any(style_losses()[name].needs_image for name in parse_loss_weights(options.loss)):
            return None
        weights = normalize_weights(len(self._views), options.style_blend or None)
        return StyleTargets(self.pictures_at(size), weights, style, self.encoder, size, options.seed, self.partition)

    def _one_style_at(self, view: ScaledStyle, size: Size, layers: Sequence[str]) -> Style:
        if isinstance(view.style, StyleFile):
            return view.style.style_at(style_pixels(self.options, size, view.scale), layers, self.encoder)
        image = self._scaled(view.style, view.scale, size)
        return Style.of(image, self.encoder, layers, self.partition.sum_over_image)

    def pictures_at(self, size: Size) -> list[Image]:
        """Return the style images (not style files), resized for encoding."""
        return [self._scaled(style, scale, size) for style, scale in self._views if not isinstance(style, StyleFile)]

    def _scaled(self, style: Image, scale: float, size: Size) -> Image:
        fitted = style_size(self.options, size, Size.of(style), scale, self.options.style_fit)
        return resize(style, fitted, clamp=True)

    @cached_property
    def _views(self) -> Sequence[ScaledStyle]:
        return scaled_styles(self.styles, self.options)
