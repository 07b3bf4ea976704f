"""Style transfer: the content of one image in the style of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import torch

from brushwork.controls.color import apply_colors, prepare_colors
from brushwork.controls.inputs import GuideOptions, RecipeInputs, StyleInputs, StyleRegion, as_styles
from brushwork.controls.style_file import StyleFile
from brushwork.controls.style_scale import (
    ScaledStyle,
    scaled_styles,
    style_pixels,
    style_size,
)
from brushwork.encoders import Encoder
from brushwork.errors import require_type
from brushwork.gradients.grid_shift import NO_SHIFT, GridShift, draw_shift
from brushwork.gradients.partition import FULL_IMAGE, FullImage, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.losses import style_losses
from brushwork.objective import Objective
from brushwork.options import require_options
from brushwork.options.encoder import choose_encoder
from brushwork.options.style_losses import parse_loss_weights
from brushwork.recipes.guided_objective import region_objectives
from brushwork.recipes.multiscale import (
    Progress,
    ResampledObjective,
    ResumeState,
    optimize_multiscale,
    resume_on,
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
from brushwork.recipes.style_compatibility import require_compatible_styles
from brushwork.recipes.style_targets import StyleTargets
from brushwork.recipes.transfer_init import TransferInit
from brushwork.recipes.transfer_options import TransferOptions
from brushwork.style import Style, blend_styles, normalize_weights
from brushwork.types import Evaluate, Image


@torch.inference_mode(False)
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
    extra: Objective | None = None,
) -> Iterator[Progress]:
    """Transfer the style of one or more images to a content image, step by step.

    Images are anything that `as_image` accepts: paths, Pillow images, arrays, tensors. If the content image is a
    tensor, the run uses its device. `encoder` replaces the network of the options (its own pooling, padding, device and
    dtype are used), `init` their initial image. `resume` continues a run where it stopped, and ends bit for bit as the
    run would have. Each step yields this process's part of the image, given by `partition`. With `regions`, each region
    of the content image takes the style of a region of a style image. `extra` is added to the objective at every size;
    it refers to the image itself, so use it only without `jitter`.

    Raises: InputError: options or images that cannot be used. DivergedError: the optimization failed for good.
    Source: Gatys, Ecker, Bethge, 1508.06576.
    """
    require_options(options, TransferOptions)
    if extra is not None:
        require_type("extra", extra, Objective, "an Objective")
    given = RecipeInputs.of(content_image, as_styles(style_images), init, regions)
    network = choose_encoder(encoder, options, given.content.device)
    content, styles, init_image, regions = given.to(network)
    colored_content, colored_styles = prepare_colors(options, content, styles)
    require_compatible_styles(options, colored_styles, regions, network, has_init=init_image is not None)
    problem = TransferProblem(colored_content, colored_styles, options, network, partition, regions, extra)
    plan, initial = options.schedule(Size.of(content)), TransferInit(problem, init_image)
    start = resume_on(content.device, resume) or initial.image_at(plan[0].size)
    steps = optimize_multiscale(plan, problem.evaluate_at, start, options, partition, detail=initial.detail)
    # Colors are changed on the full image; with several processes, that is where the parts are joined.
    return (
        with_final_colors(steps, partial(apply_colors, options, content)) if isinstance(partition, FullImage) else steps
    )


def enlarge_result(given: RecipeInputs, options: TransferOptions, image: Image, size: Size, encoder: Encoder) -> Image:
    """Return an image of one of the sizes, enlarged to a larger one, with the detail of the initial image there."""
    content, styles, init_image, regions = given.to(encoder)
    colored_content, colored_styles = prepare_colors(options, content, styles)
    problem = TransferProblem(colored_content, colored_styles, options, encoder, FULL_IMAGE, regions)
    enlarged = resize(image.to(content), size)
    detail = TransferInit(problem, init_image).detail(Size.of(image), size)
    return (enlarged if detail is None else enlarged + detail).clamp(0, 1)


@dataclass(frozen=True)
class TransferProblem:
    """A style transfer problem: content image, style images, options, and the objective at each size."""

    content: Image
    styles: Sequence[Image | StyleFile]
    options: TransferOptions
    encoder: Encoder
    partition: Partition = FULL_IMAGE
    regions: Sequence[StyleRegion] = ()
    extra: Objective | None = None
    """Losses to add to those of the options."""

    def evaluate_at(self, size: Size) -> Evaluate | ResampledObjective:
        """Return the evaluation of the losses at a size, with targets computed at that size."""
        options, objective = self.options, self.objectives_at(size)
        if not options.jitter:
            return with_resampling(objective(NO_SHIFT), lambda one: self.partition.evaluate(self.encoder, one, size))

        def draw(step: int) -> Evaluate:
            shift = draw_shift(options.jitter, options.seed, step).limit(size)
            return self.partition.evaluate(self.encoder, objective(shift).resample(step), size, shift)

        return ResampledObjective(draw)

    def objective_at(self, size: Size) -> Objective:
        """Return the content loss, style loss and total variation at a size, weighted as in the options."""
        return self.objectives_at(size)(NO_SHIFT)

    def objectives_at(self, size: Size) -> Callable[[GridShift], Objective]:
        """Return a function from a shift to the objective at a size; the style targets are computed once."""
        options, normalization = self.options, NORMALIZATIONS[self.options.normalization]
        # With regions, the style losses have targets of their own.
        blended = () if self.regions else require_distinct(self.encoder, options.style_layers)
        style = self.style_at(size, (*(options.content_layers if normalization.is_relative else ()), *blended))
        measure = style if normalization.is_relative else None
        layers, weight = options.content_layers, options.content_weight
        content = resize(self.content, size, clamp=True)
        style_objectives = self._style_objectives(content, style)

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
                + (self.extra or Objective({}))
            )

        return objective

    def style_at(self, size: Size, layers: Sequence[str]) -> Style:
        """Return the blend of the style images' styles, for a content image of a size, encoding each image once."""
        if not layers:
            return Style({})
        names = {layer: self.encoder.layer(layer) for layer in layers}
        styles = [self._one_style_at(view, size, tuple(dict.fromkeys(names.values()))) for view in self._views]
        blend = blend_styles(styles, self.options.style_blend or None)
        return Style({layer: blend.statistics[name] for layer, name in names.items()})

    def _style_objectives(self, content: Image, style: Style) -> Callable[[GridShift], Objective]:
        options, normalization = self.options, NORMALIZATIONS[self.options.normalization]
        size = Size.of(content)
        if self.regions:
            guiding = GuideOptions(options.guides, self.feather_at(size))
            how = (guiding, options, options.seed, normalization, self.encoder, self.partition)
            return region_objectives(self.regions, self.pictures_at(size), size, *how)
        models = self._models(style, size)
        if models is not None and any(style_losses()[name].needs_content for name in parse_loss_weights(options.loss)):
            return lambda shift: style_objective(style, options, normalization, models, shift.extend(content))
        objective = style_objective(style, options, normalization, models)
        return lambda _: objective

    def feather_at(self, size: Size) -> float:
        """Return the standard deviation of the blur between regions at a size, scaled from that of the result."""
        finest = self.options.schedule(Size.of(self.content))[-1].size
        return self.options.feather * max(size) / max(finest)

    def _models(self, style: Style, size: Size) -> StyleTargets | None:
        """Return the targets from the style images; None if a style is a style file, or if no loss needs them."""
        options = self.options
        kept = any(isinstance(style_image, StyleFile) for style_image in self.styles)
        if kept or not any(style_losses()[name].needs_image for name in parse_loss_weights(options.loss)):
            return None
        return StyleTargets(
            self.pictures_at(size),
            self.picture_weights,
            style,
            self.encoder,
            size,
            options.seed,
            self.partition,
            options.style_layers,
        )

    def _one_style_at(self, view: ScaledStyle, size: Size, layers: Sequence[str]) -> Style:
        if isinstance(view.style, StyleFile):
            return view.style.style_at(style_pixels(self.options, size, view.scale), layers, self.encoder)
        image = self._scale(view.style, view.scale, size)
        return Style.of(image, self.encoder, layers, self.partition.sum_over_image)

    def pictures_at(self, size: Size) -> list[Image]:
        """Return the style images (not style files), resized for encoding."""
        return [self._scale(style, scale, size) for style, scale in self._views if not isinstance(style, StyleFile)]

    @property
    def picture_weights(self) -> list[float]:
        """Weights in the blend of the style images that are not style files."""
        weights = normalize_weights(len(self._views), self.options.style_blend or None)
        return [
            weight for weight, (style, _) in zip(weights, self._views, strict=True) if not isinstance(style, StyleFile)
        ]

    def _scale(self, style: Image, scale: float, size: Size) -> Image:
        fitted = style_size(self.options, size, Size.of(style), scale, self.options.style_fit)
        return resize(style, fitted, clamp=True)

    @cached_property
    def _views(self) -> Sequence[ScaledStyle]:
        return scaled_styles(self.styles, self.options)
