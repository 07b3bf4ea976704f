"""Options of a style transfer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, ClassVar, Unpack

from brushwork.choices import MaskPropagation, StyleFit
from brushwork.controls.style_scale import require_style_scale, style_sizes
from brushwork.images.geometry import Size
from brushwork.options import (
    SMALLEST_SIDE,
    ContentOptions,
    Init,
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
from brushwork.options.groups import ColorOptions
from brushwork.recipes.recipe import RecipeOptions, RunArguments

if TYPE_CHECKING:
    from brushwork.controls.inputs import RecipeInputs
    from brushwork.encoders import Encoder
    from brushwork.recipes.multiscale import Progress
    from brushwork.types import Image


@register
@dataclass(frozen=True, kw_only=True)
class TransferOptions(
    SizeOptions, ContentOptions, StyleOptions, LossOptions, ColorOptions, InitOptions, OptimizerOptions, RecipeOptions
):
    """Options of a style transfer."""

    method: ClassVar[str] = "optimize"
    summary: ClassVar[str] = "optimization of the pixels"
    takes_regions: ClassVar[bool] = True
    can_start_from_adain: ClassVar[bool] = True

    style_blend: tuple[float, ...] = ()
    """Weight of each style image in the blend (for one style image at several scales: of each scale); none: equal
    weights."""

    # A field without a docstring comes from one of the groups above, and has its help, but a default of its own.
    init: Init = "patches"

    init_noise: float = 15.0
    """Standard deviation, on the scale 0 to `encoder_scale`, of noise added to a content or style image used as the
    initial image; without it, flat areas show the network's grid; 0 in the published programs."""

    jitter: int = 7
    """Largest number of pixels by which the content image and the result are extended at the top and left for encoding,
    drawn anew every 10 iterations, so that the network's grid leaves no pattern; 0: none, as in the programs."""

    detail: float = 1.0
    """Share of the initial image's detail to add when the result is enlarged to the next size, which gives it none of
    its own; 0: none, as in the published programs."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the style image relative to the content image, both measured as `measure` says; larger gives larger
    strokes; one for all style images, or one for each; several for a single style image blend it with itself at each
    scale."""

    style_fit: StyleFit = "limited"
    """How the style image is resized: to the size given by `style_scale` (scaled); to that, but enlarged at most 1.5
    times (times `style_scale` if that is above 1), so that strokes stay sharp in images much larger than it (limited);
    to that, but never enlarged (reduced); or to the content image's proportions (stretched)."""

    guides: MaskPropagation = "simple"
    """Which positions of a layer belong to a region: those inside the mask, resized to the layer (simple); all whose
    receptive field overlaps the region (all); or those whose receptive field lies inside it, and up to three positions
    around them (inside)."""

    feather: float = 0.0
    """Standard deviation of the blur by which regions fade into each other, in pixels of the result; 0: no blur."""

    # From an initial image of patches, fewer iterations and smaller steps suffice.
    iterations: int = 60
    iteration_decay: float = 0.55
    iteration_floor: float = 0.125
    initial_step: float = 0.01
    max_step: float = 0.025

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
        return self.make_schedule(content, self.size, self.measure)

    def style_sizes(self, level: Size, style: Size, number: int, styles: int) -> Mapping[float, Size]:
        """Return the size of a style image at each of its scales."""
        return style_sizes(self, level, style, number, styles, self.style_fit)

    @property
    def limits_style_sizes(self) -> bool:
        """Whether small style images are enlarged less than in proportion to the result."""
        return self.style_fit == "limited"

    def postprocess(self, content: Image, image: Image) -> Image:
        """Return the result with its final colors."""
        from brushwork.controls.color import apply_colors  # imports torch, which the options do not need

        return apply_colors(self, content, image)

    def require_inputs(self, images: RecipeInputs, encoder: Encoder) -> None:
        """Check the number of weights and scales, the regions, and the style files."""
        from brushwork.recipes.style_compatibility import require_compatible_styles  # imports torch

        require_compatible_styles(self, images.styles, images.regions, encoder, has_init=images.init is not None)

    def run(self, images: RecipeInputs, **how: Unpack[RunArguments]) -> Iterator[Progress]:
        """Run `transfer`."""
        from brushwork.recipes.style_transfer import transfer  # imports torch, which the options do not need

        content, styles, init, regions = images
        return transfer(content, styles, self, init=init, regions=regions, **how)

    def enlarge(self, images: RecipeInputs, image: Image, size: Size, encoder: Encoder) -> Image:
        """Return an image of one of the sizes, enlarged to a larger one, with the detail of the initial image there."""
        from brushwork.recipes.style_transfer import enlarge_result

        return enlarge_result(images, self, image, size, encoder)
