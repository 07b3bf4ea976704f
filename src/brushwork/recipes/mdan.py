"""MDAN: an image optimized against a discriminator that is trained at the same time.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import ClassVar, Self

import torch

from brushwork.controls.inputs import RecipeInputs, StyleInputs, as_styles
from brushwork.controls.style_file import StyleFile
from brushwork.controls.style_scale import require_scales, require_style_scale, scaled_styles, scales_for, style_size
from brushwork.encoders.encoder import Encoder
from brushwork.errors import InputError, NotAdditiveError
from brushwork.gradients.partition import FULL_IMAGE, FullImage, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.losses.content import ContentLoss
from brushwork.objective import Objective
from brushwork.optim import Adam, DivergenceGuard, PixelParametrization, minimize
from brushwork.options import (
    Extent,
    InitOptions,
    ScheduleLevel,
    SizeOptions,
    check_options,
    register,
    require_option,
)
from brushwork.options.groups import load_encoder_for
from brushwork.recipes.adversarial import AdversarialOptimizer, with_adversarial_loss
from brushwork.recipes.augment import augment_style
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.multiscale import Progress, ResumeState, load_resume_state
from brushwork.recipes.objectives import tv_objective
from brushwork.recipes.patch_discriminator import BETAS, OnlineDiscriminator, PatchGrid
from brushwork.recipes.recipe import RecipeOptions
from brushwork.types import Evaluate, Feature, Image


@register
@dataclass(frozen=True, kw_only=True)
class MDANOptions(SizeOptions, InitOptions, RecipeOptions):
    """Options of MDAN, optimization against a patch discriminator."""

    method: ClassVar[str] = "mdan"
    summary: ClassVar[str] = "optimization against a discriminator that learns the paintings' patches"

    size: Extent = 384
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the content image."""

    iterations: int = 125
    """Iterations (forward and backward passes), with one training step of the discriminator each; 1 or more."""

    content_layer: str = "conv5_1"
    """Layer whose features are matched to the content image."""

    content_weight: float = 2.0
    """Weight of the content loss, which is relative to the energy of the content image at its layer; 0 or more."""

    style_layer: str = "conv3_1"
    """Layer whose patches the discriminator classifies."""

    patch: int = 8
    """Positions along each side of a patch."""

    patch_stride: int = 4
    """Positions from one patch to the next; at most `patch`."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the style image relative to the content image, both measured as `measure` says; larger gives larger
    strokes; one for all style images, or one for each; several for a single style image take its patches at each."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles in degrees by which the style image is rotated for more patches."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which the style image is scaled for more patches."""

    mirror: bool = True
    """Also use mirrored copies of the style image."""

    tv_weight: float = 20.0
    """Weight of the total variation; 0 or more."""

    learning_rate: float = 0.01
    """Learning rate of Adam for the pixels, white being 1."""

    discriminator_lr: float = 0.002
    """Learning rate of Adam for the discriminator; the authors use 0.02, which makes its scores explode, so that
    content counts for nothing."""

    def __post_init__(self) -> None:
        check_options(self)
        require_style_scale(self.style_scale)
        require_option(self.iterations >= 1, "iterations", self.iterations, "1 or more")
        require_option(
            1 <= self.patch_stride <= self.patch, "patch_stride", self.patch_stride, f"from 1 to {self.patch}"
        )
        require_option(bool(self.rotations), "rotations", "empty", "one angle or more; 0 for the painting as it is")
        require_option(all(map(_is_small, self.rotations)), "rotations", self.rotations, "from -90 to 90 degrees")
        require_option(bool(self.scales), "scales", "empty", "one factor or more; 1 for the painting as it is")
        for name in ("learning_rate", "discriminator_lr"):
            require_option(0 < getattr(self, name) < inf, name, getattr(self, name), "above 0, and finite")
        require_option(all(0 < one < inf for one in self.scales), "scales", self.scales, "above 0, and finite")
        for name in ("content_weight", "tv_weight"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")

    @property
    def encoded_layers(self) -> tuple[str, ...]:
        """The content and the style layer."""
        return self.content_layer, self.style_layer

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the only level."""
        return [ScheduleLevel(self.output_size(content), self.iterations)]

    def style_sizes(self, level: Size, style: Size, number: int, styles: int) -> Mapping[float, Size]:
        """Return the size of the largest copy of a style image, at each of its scales."""
        require_scales(self, styles)
        largest = max(self.scales)
        return {scale: style_size(self, level, style, scale * largest) for scale in scales_for(self, number, styles)}

    def with_iterations(self, iterations: int) -> Self:
        """Return the options for a number of iterations."""
        return replace(self, iterations=iterations)

    def run(
        self,
        images: RecipeInputs,
        *,
        encoder: Encoder | None = None,
        resume: ResumeState | None = None,
        partition: Partition = FULL_IMAGE,
    ) -> Iterator[Progress]:
        """Run `transfer_mdan`."""
        return transfer_mdan(
            images.content,
            images.styles,
            self,
            encoder=encoder,
            init=images.init,
            resume=resume,
            partition=partition,
        )


def transfer_mdan(
    content: ImageInput,
    style_images: StyleInputs,
    options: MDANOptions,
    *,
    encoder: Encoder | None = None,
    init: ImageInput | None = None,
    resume: ResumeState | None = None,
    partition: Partition = FULL_IMAGE,
) -> Iterator[Progress]:
    """Optimize an image until a discriminator takes its patches for patches of the style images.

    Arguments and results as in `transfer`; a resumed run ends bit for bit as it would have without the interruption.

    Differs: the weights of content and total variation were chosen by eye, because the authors' weights belong to
    another network and to patches that are summed differently. Their final contrast stretch is left out.

    Raises: InputError: options or images that cannot be used. NotAdditiveError: the image would be evaluated in parts.
    DivergedError: the optimization failed for good.
    Source: Li & Wand, 1604.04382, section 4 (Markovian deconvolutional adversarial networks).
    """
    given = RecipeInputs.of(content, as_styles(style_images), init)
    if not (isinstance(partition, FullImage) and partition.tiling is None):
        raise NotAdditiveError("the rival looks at a picture as a whole: take a smaller size, and one process.")
    eye = encoder or load_encoder_for(options, given.content.device)
    own, styles, begun, _ = given.to(eye)
    (level,) = options.schedule(Size.of(own))
    _require_cells(options, eye, level.size)
    discriminator = OnlineDiscriminator(
        _bank(options, eye, level.size, styles), _patches(options), options.discriminator_lr, options.seed
    )
    evaluate = with_adversarial_loss(discriminator, options.style_layer, eye, _objective(options, eye, level.size, own))
    if begun is None:
        begun = make_init_image(options, level.size, own, _pictured(styles[0]), options.encoder_scale)
    return _steps(
        level, evaluate, AdversarialOptimizer(Adam(options.learning_rate, betas=BETAS), discriminator), begun, resume
    )


def _steps(
    level: ScheduleLevel, evaluate: Evaluate, duel: AdversarialOptimizer, init: Image, resume_state: ResumeState | None
) -> Iterator[Progress]:
    # Losses of different discriminators are not comparable: only non-finite values count as divergence.
    optimizer, canvas = DivergenceGuard(duel, explosion=inf), PixelParametrization()
    iterations, point = 0, canvas.to_point(init)
    if resume_state is not None:
        _, iterations, point, _ = load_resume_state(resume_state, optimizer, init.device)
    for step in minimize(canvas, evaluate, optimizer, level.iterations, point=point, evaluations=iterations):
        yield Progress([level], 0, step, optimizer)


@torch.no_grad()
def _bank(options: MDANOptions, encoder: Encoder, size: Size, styles: Sequence[Image | StyleFile]) -> list[Feature]:
    """Encode all augmented copies of the style images at the style layer."""
    layer, smallest = options.style_layer, encoder.min_size([options.style_layer])
    bank = []
    for view in scaled_styles(styles, options):
        image = _pictured(view.style)
        shown = style_size(options, size, Size.of(image), view.scale)
        copies = augment_style(image, shown, options.rotations, options.scales, options.mirror)
        bank += [encoder(copy, [layer])[layer] for copy in copies if min(Size.of(copy)) >= smallest]
    return bank


@torch.no_grad()
def _objective(options: MDANOptions, encoder: Encoder, size: Size, content_image: Image) -> Objective:
    """Return the content loss, relative to the energy of the content image at its layer, plus total variation."""
    layer = options.content_layer
    target = encoder(resize(content_image, size, clamp=True), [layer])[layer]
    energy = float(target.square().sum()) or 1.0
    content = Objective.single(f"content:{layer}", ContentLoss(layer, target, 1 / energy), options.content_weight)
    return content + tv_objective("mean", options.tv_weight, size, options.encoder_scale)


def _patches(options: MDANOptions) -> PatchGrid:
    return PatchGrid(options.patch, options.patch_stride)


def _pictured(style: Image | StyleFile) -> Image:
    if isinstance(style, StyleFile):
        raise InputError(f"of {style.source} only the style is kept, and patches are wanted: give the painting.")
    return style


def _require_cells(options: MDANOptions, encoder: Encoder, size: Size) -> None:
    positions, needed = encoder.positions(options.style_layer, size), _patches(options).receptive_field
    if min(positions) < needed:
        raise InputError(
            f"at {size} pixels {options.style_layer} has {positions} cells, and {needed} are needed a side."
        )


def _is_small(angle: float) -> bool:
    return -90 <= angle <= 90
