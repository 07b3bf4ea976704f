"""Transfer: the content of a photograph in the style of paintings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

from brushwork.errors import InputError
from brushwork.perception import Encoder
from brushwork.picture.read import ImageInput
from brushwork.picture.window import Size
from brushwork.recipes.coarse_to_fine import Progress, ResumeState, make_schedule, optimize_multiscale
from brushwork.recipes.coloring import ColorOptions, apply_colors, prepare_colors, with_final_colors
from brushwork.recipes.guides import MaskPropagation
from brushwork.recipes.kept_style import StyleFile
from brushwork.recipes.options import (
    ContentOptions,
    EncoderOptions,
    InitOptions,
    LossOptions,
    OptimizerOptions,
    SizeOptions,
    StyleOptions,
    check_options,
    require_option,
)
from brushwork.recipes.pictures import RecipeInputs, StyleInputs, as_styles
from brushwork.recipes.regions import StyleRegion
from brushwork.recipes.scales import require_style_scale
from brushwork.recipes.seeing import load_encoder_for
from brushwork.recipes.share import FULL_IMAGE, FullImage, Partition
from brushwork.recipes.start import make_init_image
from brushwork.recipes.subject import TransferProblem
from brushwork.types import Image


@dataclass(frozen=True, kw_only=True)
class TransferOptions(
    SizeOptions, ContentOptions, StyleOptions, LossOptions, ColorOptions, InitOptions, OptimizerOptions, EncoderOptions
):
    """Options of a style transfer."""

    style_blend: tuple[float, ...] = ()
    """Weight of each painting in the blend, one for each (of one painting at several scales: for each scale); none:
    equal weights."""

    init_noise: float = 15.0
    """Standard deviation, on the scale 0 to `encoder_scale`, of noise that is added to a photograph or a painting to
    start from: without it flat parts are painted on the network's grid. 0 as the published programs."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the painting against the photograph, both measured as `measure` says: larger gives larger strokes. One
    for all paintings, or one for each; several for an only painting blend it with itself at each scale."""

    guides: MaskPropagation = "simple"
    """Which cells of a layer belong to a region: as the mask says at the layer's size (simple), all that see the region
    (all), or those that see nothing else (inside)."""

    feather: float = 0.0
    """How far regions fade into each other, in pixels of the finished picture; 0: as the masks are."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)


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
