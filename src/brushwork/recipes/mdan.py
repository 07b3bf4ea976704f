"""MDAN: an image optimized against a discriminator that trains at the same time.

Source: Li & Wand, Precomputed Real-Time Texture Synthesis with Markovian Generative Adversarial Networks, 1604.04382.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from math import inf

import torch

from brushwork.controls.inputs import RecipeInputs, StyleInputs, as_styles, require_single
from brushwork.controls.style_file import StyleFile
from brushwork.controls.style_scale import scaled_styles, style_size
from brushwork.encoders.encoder import Encoder
from brushwork.errors import InputError, NotAdditiveError
from brushwork.gradients.partition import FULL_IMAGE, FullImage, Partition
from brushwork.images.geometry import Size
from brushwork.images.read import ImageInput
from brushwork.images.resample import resize
from brushwork.losses.content import ContentLoss
from brushwork.losses.patch_matching import PatchGrid
from brushwork.objective import Objective
from brushwork.optim import Adam, DivergenceGuard, PixelParametrization, minimize
from brushwork.options import ScheduleLevel, require_options
from brushwork.options.encoder import choose_encoder
from brushwork.recipes.adversarial import AdversarialOptimizer, with_adversarial_loss
from brushwork.recipes.adversarial_training import ADAM_BETAS
from brushwork.recipes.augment import augment_style
from brushwork.recipes.init_image import make_init_image
from brushwork.recipes.mdan_options import MDANOptions
from brushwork.recipes.multiscale import Progress, ResumeState, leave_inference_mode, load_resume_state, resume_on
from brushwork.recipes.objectives import tv_objective
from brushwork.recipes.patch_discriminator import OnlineDiscriminator, receptive_field
from brushwork.types import Evaluate, Feature, Image


@torch.inference_mode(False)
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

    Arguments and results are as in `transfer`; a resumed run ends bit for bit as it would have without the
    interruption.

    Differs: the weights of content and total variation were chosen by eye, because the authors' weights belong to
    another network and to another way of summing patches. Their final contrast stretch is left out.

    Raises: InputError: options or images that cannot be used. NotAdditiveError: the image would be evaluated in parts.
    DivergedError: the optimization failed for good.
    Source: Li & Wand, 1604.04382, section 4 (Markovian deconvolutional adversarial networks).
    """
    require_options(options, MDANOptions)
    given = RecipeInputs.of(content, as_styles(style_images), init)
    if not (isinstance(partition, FullImage) and partition.tiling is None):
        raise NotAdditiveError("the discriminator needs the full image: use a smaller size, and one process.")
    model = choose_encoder(encoder, options, given.content.device)
    content_image, styles, init_image, _ = given.to(model)
    (level,) = options.schedule(Size.of(content_image))
    _require_positions(options, model, level.size)
    discriminator = OnlineDiscriminator(
        _encode_styles(options, model, level.size, styles), _patches(options), options.discriminator_lr, options.seed
    )
    evaluate = with_adversarial_loss(
        discriminator, options.style_layer, model, _objective(options, model, level.size, content_image)
    )
    start: Image | ResumeState
    if state := resume_on(content_image.device, resume):
        start = state
    elif init_image is not None:
        start = resize(init_image, level.size, clamp=True)
    else:
        start = make_init_image(options, level.size, content_image, _require_image(styles[0]), options.encoder_scale)
    optimizer = AdversarialOptimizer(Adam(options.learning_rate, betas=ADAM_BETAS), discriminator)
    return leave_inference_mode(_steps(level, evaluate, optimizer, start))


def _steps(
    level: ScheduleLevel, evaluate: Evaluate, adversarial: AdversarialOptimizer, start: Image | ResumeState
) -> Generator[Progress, None, None]:
    # Losses of different discriminators cannot be compared: only non-finite values count as divergence.
    optimizer, parametrization = DivergenceGuard(adversarial, explosion=inf), PixelParametrization()
    if isinstance(start, ResumeState):
        iterations, point, _ = load_resume_state(start, optimizer, [level])
    else:
        iterations, point = 0, parametrization.to_point(start)
    for step in minimize(parametrization, evaluate, optimizer, level.iterations, point=point, evaluations=iterations):
        yield Progress([level], 0, step, optimizer)


@torch.no_grad()
def _encode_styles(
    options: MDANOptions, encoder: Encoder, size: Size, styles: Sequence[Image | StyleFile]
) -> list[Feature]:
    """Encode all augmented copies of the style images at the style layer."""
    layer, smallest = options.style_layer, encoder.min_size([options.style_layer])
    bank = []
    for view in scaled_styles(styles, options):
        image = _require_image(view.style)
        shown = style_size(options, size, Size.of(image), view.scale)
        copies = augment_style(image, shown, options.rotations, options.scales, options.mirror)
        bank += [encoder(copy, [layer])[layer] for copy in copies if min(Size.of(copy)) >= smallest]
    return bank


@torch.no_grad()
def _objective(options: MDANOptions, encoder: Encoder, size: Size, content_image: Image) -> Objective:
    """Return the content loss, relative to the content image's energy at its layer, plus total variation."""
    layer = options.content_layer
    target = encoder(resize(content_image, size, clamp=True), [layer])[layer]
    energy = float(target.square().sum()) or 1.0
    content = Objective.single(f"content:{layer}", ContentLoss(layer, target, 1 / energy), options.content_weight)
    return content + tv_objective("mean", options.tv_weight, size, options.encoder_scale)


def _patches(options: MDANOptions) -> PatchGrid:
    return PatchGrid(options.patch, options.patch_stride)


def _require_image(style: Image | StyleFile) -> Image:
    if isinstance(style, StyleFile):
        raise InputError(f"the style file of {style.source} has no patches for MDAN: give the style image itself.")
    require_single(style, "a style image")
    return style


def _require_positions(options: MDANOptions, encoder: Encoder, size: Size) -> None:
    positions, needed = encoder.positions(options.style_layer, size), receptive_field(_patches(options))
    if min(positions) < needed:
        raise InputError(
            f"at {size} pixels {options.style_layer} has {positions} positions, but {needed} a side are needed."
        )
