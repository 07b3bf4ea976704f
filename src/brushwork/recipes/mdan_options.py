"""Options of MDAN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, ClassVar, Self, Unpack

from brushwork.controls.style_scale import require_scales, require_style_scale, scales_for, style_size
from brushwork.images.geometry import Size
from brushwork.options import (
    Extent,
    InitOptions,
    ScheduleLevel,
    SizeOptions,
    check_options,
    register,
    require_option,
)
from brushwork.recipes.recipe import RecipeOptions, RunArguments

if TYPE_CHECKING:
    from brushwork.controls.inputs import RecipeInputs
    from brushwork.recipes.multiscale import Progress


@register
@dataclass(frozen=True, kw_only=True)
class MDANOptions(SizeOptions, InitOptions, RecipeOptions):
    """Options of MDAN, optimization against a patch discriminator."""

    method: ClassVar[str] = "mdan"
    summary: ClassVar[str] = "optimization against a discriminator that learns the style images' patches"

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
    """Side of a patch, in positions."""

    patch_stride: int = 4
    """Distance from one patch to the next, in positions; at most `patch`."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the style image relative to the content image, both measured as `measure` says; larger gives larger
    strokes; one for all style images, or one for each; several for a single style image take patches at each scale."""

    rotations: tuple[float, ...] = (-10.0, 0.0, 10.0)
    """Angles by which the style image is rotated for more patches, in degrees."""

    scales: tuple[float, ...] = (1 / 1.1, 1.0, 1.1)
    """Factors by which the style image is scaled for more patches."""

    mirror: bool = True
    """Also use mirrored copies of the style image."""

    tv_weight: float = 20.0
    """Weight of the total variation; 0 or more."""

    learning_rate: float = 0.01
    """Learning rate of Adam for the pixels, white being 1."""

    discriminator_lr: float = 0.002
    """Learning rate of Adam for the discriminator; the authors' 0.02 makes its scores explode, so that content counts
    for nothing."""

    def __post_init__(self) -> None:
        check_options(self)
        require_style_scale(self.style_scale)
        require_option(self.iterations >= 1, "iterations", self.iterations, "1 or more")
        require_option(
            1 <= self.patch_stride <= self.patch, "patch_stride", self.patch_stride, f"from 1 to {self.patch}"
        )
        require_option(bool(self.rotations), "rotations", "empty", "one angle or more; 0 for the style image as it is")
        require_option(all(map(_is_small, self.rotations)), "rotations", self.rotations, "from -90 to 90 degrees")
        require_option(bool(self.scales), "scales", "empty", "one factor or more; 1 for the style image as it is")
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

    def run(self, images: RecipeInputs, **how: Unpack[RunArguments]) -> Iterator[Progress]:
        """Run `transfer_mdan`."""
        from brushwork.recipes.mdan import transfer_mdan  # imports torch, which the options do not need

        return transfer_mdan(images.content, images.styles, self, init=images.init, **how)


def _is_small(angle: float) -> bool:
    return -90 <= angle <= 90
