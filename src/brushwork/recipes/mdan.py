"""MDAN: a picture is painted against a rival, which learns meanwhile to tell it from the painting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

import torch

from brushwork.canvas import PixelParametrization
from brushwork.errors import InputError, NotAdditiveError
from brushwork.objective import Objective
from brushwork.optimize import Adam, DivergenceGuard, minimize
from brushwork.perception.encoder import Encoder
from brushwork.picture.read import ImageInput
from brushwork.picture.resample import fit_size, resize
from brushwork.picture.window import Size
from brushwork.recipes.balance import tv_objective
from brushwork.recipes.coarse_to_fine import Progress, ResumeState, ScheduleLevel, load_resume_state
from brushwork.recipes.copies import augment_style
from brushwork.recipes.duel import AdversarialOptimizer, with_adversarial_loss
from brushwork.recipes.kept_style import StyleFile
from brushwork.recipes.options import (
    EncoderOptions,
    Extent,
    InitOptions,
    SizeOptions,
    check_options,
    measured_size,
    require_option,
)
from brushwork.recipes.patch_judge import PatchGrid
from brushwork.recipes.pictures import RecipeInputs, StyleInputs, as_styles
from brushwork.recipes.rival import BETAS, OnlineDiscriminator
from brushwork.recipes.seeing import load_encoder_for
from brushwork.recipes.share import FULL_IMAGE, FullImage, Partition
from brushwork.recipes.start import make_init_image
from brushwork.terms.content import ContentLoss
from brushwork.types import Evaluate, Feature, Image


@dataclass(frozen=True, kw_only=True)
class MDANOptions(SizeOptions, InitOptions, EncoderOptions):
    """Options of painting against a rival."""

    size: Extent = 384
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    iterations: int = 125
    """Closures (looks at the picture, forward and backward); the rival learns one step at each; 1 or more."""

    content_layer: str = "conv5_1"
    """Layer at which the photograph's content is kept."""

    content_weight: float = 2.0
    """Weight of the content, a share of the photograph's own energy at its layer; 0 or more."""

    style_layer: str = "conv3_1"
    """Layer whose patches the rival tells apart."""

    patch: int = 8
    """Cells along the side of a patch."""

    patch_stride: int = 4
    """Cells from one patch to the next; at most `patch`."""

    style_scale: float = 1.0
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles, in degrees, by which the painting is turned for more patches."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which it is scaled."""

    mirror: bool = True
    """Whether it is looked at mirrored too."""

    tv_weight: float = 20.0
    """Weight of the total variation; 0 or more."""

    learning_rate: float = 0.01
    """Adam's step length for the pixels, white being 1."""

    discriminator_lr: float = 0.002
    """Adam's step length for the rival; the authors took 0.02, with which its scores fly up and content counts for
    nothing."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(self.iterations >= 1, "iterations", self.iterations, "1 or more")
        require_option(
            1 <= self.patch_stride <= self.patch, "patch_stride", self.patch_stride, f"from 1 to {self.patch}"
        )
        require_option(bool(self.rotations), "rotations", "empty", "one angle or more; 0 for the painting as it is")
        require_option(all(map(_is_small, self.rotations)), "rotations", self.rotations, "from -90 to 90 degrees")
        require_option(bool(self.scales), "scales", "empty", "one factor or more; 1 for the painting as it is")
        for name in ("style_scale", "learning_rate", "discriminator_lr"):
            require_option(0 < getattr(self, name) < inf, name, getattr(self, name), "above 0, and finite")
        require_option(all(0 < one < inf for one in self.scales), "scales", self.scales, "above 0, and finite")
        for name in ("content_weight", "tv_weight"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")


def _is_small(angle: float) -> bool:
    return -90 <= angle <= 90


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
    """Paint a photograph so that a rival, who learns the patches of the paintings, takes its patches for theirs.

    As `transfer`; a picture that is resumed ends bit for bit as it would have.

    Differs: content and smoothness are weighed by eye, because the authors' weights belong to another network and to
    patches that are summed otherwise. Their final stretching of the contrast is left out.

    Raises: InputError: options or pictures that cannot be used. NotAdditiveError: the picture is to be looked at in
    parts. Diverged: the optimization failed for good.
    Source: Li & Wand, 1604.04382, section 4 (Markovian deconvolutional adversarial networks).
    """
    given = RecipeInputs.of(content, as_styles(style_images), init)
    if not (isinstance(partition, FullImage) and partition.tiling is None):
        raise NotAdditiveError("the rival looks at a picture as a whole: take a smaller size, and one process.")
    eye = encoder or load_encoder_for(options, given.content.device)
    own, styles, begun, _ = given.to(eye)
    level = mdan_level(options, Size.of(own))
    _require_cells(options, eye, level.size)
    seen = [_pictured(style) for style in styles]
    discriminator = OnlineDiscriminator(
        _bank(options, eye, level.size, seen), _patches(options), options.discriminator_lr, options.seed
    )
    evaluate = with_adversarial_loss(discriminator, options.style_layer, eye, _objective(options, eye, level.size, own))
    if begun is None:
        begun = make_init_image(options, level.size, own, seen[0], options.encoder_scale)
    return _steps(
        level, evaluate, AdversarialOptimizer(Adam(options.learning_rate, betas=BETAS), discriminator), begun, resume
    )


def mdan_level(options: MDANOptions, content: Size) -> ScheduleLevel:
    """The size of the picture, and the closures spent at it."""
    size = content if options.size == "full" else fit_size(content, options.size, measure=options.measure)
    return ScheduleLevel(size, options.iterations)


def mdan_style_size(options: MDANOptions, size: Size, style: Size, scale: float = 1.0) -> Size:
    """The size at which a painting is looked at, for a photograph at a size; `scale`: of one of its copies."""
    pixels = max(1, round(measured_size(size, options.measure) * options.style_scale * scale))
    return fit_size(style, pixels, measure=options.measure)


def _steps(
    level: ScheduleLevel, evaluate: Evaluate, duel: AdversarialOptimizer, init: Image, resume_state: ResumeState | None
) -> Iterator[Progress]:
    # Losses of different rivals do not compare: only what is not finite is trouble.
    optimizer, canvas = DivergenceGuard(duel, explosion=inf), PixelParametrization()
    iterations, point = 0, canvas.to_point(init)
    if resume_state is not None:
        _, iterations, point, _ = load_resume_state(resume_state, optimizer, init.device)
    for step in minimize(canvas, evaluate, optimizer, level.iterations, point=point, evaluations=iterations):
        yield Progress([level], 0, step, optimizer)


@torch.no_grad()
def _bank(options: MDANOptions, encoder: Encoder, size: Size, styles: Sequence[Image]) -> list[Feature]:
    """What the network sees, at the style layer, of all copies of the paintings."""
    layer, smallest = options.style_layer, encoder.min_size([options.style_layer])
    found = (
        augment_style(
            one, mdan_style_size(options, size, Size.of(one)), options.rotations, options.scales, options.mirror
        )
        for one in styles
    )
    return [encoder(copy, [layer])[layer] for every in found for copy in every if min(Size.of(copy)) >= smallest]


@torch.no_grad()
def _objective(options: MDANOptions, encoder: Encoder, size: Size, content_image: Image) -> Objective:
    """Content, as a share of what the photograph has at its layer, and smoothness."""
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
