"""Options of feed-forward methods: AdaIN, style models and texture models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias

from brushwork.choices import Engine, MaskPropagation
from brushwork.controls.style_scale import require_style_scale, style_sizes
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.options import (
    SEEDS,
    CanvasOptions,
    Extent,
    MethodOptions,
    ScheduleLevel,
    SizeOptions,
    check_options,
    parse_size,
    register,
    require_option,
)
from brushwork.options.groups import ColorOptions

if TYPE_CHECKING:
    import torch

    from brushwork.controls.inputs import RecipeInputs
    from brushwork.feedforward.adain_transfer import AdaINStylizer
    from brushwork.feedforward.inference import Stylizer
    from brushwork.feedforward.stylize import ModelStylizer
    from brushwork.feedforward.texture import TextureStylizer
    from brushwork.types import Image

NormStatistics: TypeAlias = Literal["exact", "frozen"]


@dataclass(frozen=True, kw_only=True)
class FeedForwardOptions(MethodOptions, ABC):
    """Options of an image made in one forward pass."""

    takes_init: ClassVar[bool] = False

    engine: Literal["auto", Engine] = "auto"
    """Implementation of the network on CPUs: native (brushwork's own kernels), channels-last or plain (torch's); auto
    takes native if its kernels were built, else channels-last; they agree up to rounding."""

    def schedule(self, content: Size) -> list[ScheduleLevel]:
        """Return the only size, with no iterations."""
        return [ScheduleLevel(self.output_size(content), 0)]

    @abstractmethod
    def load_stylizer(self, device: torch.device) -> Stylizer:
        """Load the options' network onto a device.

        Raises: InputError: the network is unknown. WeightsError: its weights are missing.
        """

    @abstractmethod
    def output_size(self, content: Size) -> Size:
        """Return the size of the result."""

    def require_inputs(self, images: RecipeInputs) -> None:
        """Raise, before any computation, unless the options suit the images.

        Raises: InputError.
        """

    def prepare(self, images: RecipeInputs) -> RecipeInputs:
        """Return the images in the form that the network takes.

        Raises: InputError: the images do not allow the options.
        """
        return images

    def postprocess(self, content: Image, image: Image) -> Image:
        """Return the result made from the network's output."""
        return image


@dataclass(frozen=True, kw_only=True)
class StylizeOptions(SizeOptions, ColorOptions, FeedForwardOptions, ABC):
    """Options for stylizing a content image in one forward pass."""

    def prepare(self, images: RecipeInputs) -> RecipeInputs:
        """Return the images in the colors in which the network encodes them."""
        from brushwork.controls.color import prepare_colors  # imports torch, which the options do not need

        content, styles = prepare_colors(self, images.content, images.styles)
        return images._replace(content=content, styles=tuple(styles))

    def postprocess(self, content: Image, image: Image) -> Image:
        """Return the result in the colors that the options request."""
        from brushwork.controls.color import apply_colors  # imports torch, which the options do not need

        return apply_colors(self, content, image)


@register
@dataclass(frozen=True, kw_only=True)
class AdaINOptions(StylizeOptions):
    """Options for AdaIN style transfer."""

    method: ClassVar[str] = "adain"
    summary: ClassVar[str] = "one pass of AdaIN, as with --instant"
    takes_regions: ClassVar[bool] = True

    strength: float = 1.0
    """How far the content's features are moved toward the style's: 0 not at all, 1 fully."""

    style_blend: tuple[float, ...] = ()
    """Weight of each style image in the blend (of a single style image at several scales: for each scale); none: equal
    weights."""

    style_scale: tuple[float, ...] = (1.0,)
    """Size of the style image relative to the content, both measured as `measure` says: larger gives larger strokes.
    One value for all style images, or one for each; several for a single style image blend it with itself at each
    scale."""

    guides: MaskPropagation = "simple"
    """Positions of a layer that belong to a region: as the mask says at the layer's size (simple), all whose receptive
    field touches the region (all), or those whose receptive field lies within it, and up to three positions around
    them (inside)."""

    feather: float = 0.0
    """Width of the transition between regions, in pixels of the result; 0: the masks as they are."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.strength <= 1, "strength", self.strength, "0 or more, up to 1")
        require_option(0 <= self.feather < inf, "feather", self.feather, "0 or more, and finite")
        require_style_scale(self.style_scale)

    def style_sizes(self, level: Size, style: Size, number: int, styles: int) -> Mapping[float, Size]:
        """Return the size of a style image at each of its scales."""
        return style_sizes(self, level, style, number, styles)

    def require_inputs(self, images: RecipeInputs) -> None:
        """Raise unless the number of weights and scales, and the regions, suit the images."""
        from brushwork.feedforward.adain_transfer import require_compatible  # imports torch

        require_compatible(self, images)

    def load_stylizer(self, device: torch.device) -> AdaINStylizer:
        """Load VGG-19 up to relu4_1 and the decoder onto a device.

        Raises: WeightsError: the weights are missing.
        """
        from brushwork.feedforward.adain_transfer import (
            load_adain_stylizer,  # imports torch, which the options do not need
        )

        return load_adain_stylizer(self, device)


@register
@dataclass(frozen=True, kw_only=True)
class ModelOptions(StylizeOptions):
    """Options for stylizing with a style model."""

    method: ClassVar[str] = "model"
    takes_styles: ClassVar[bool] = False
    takes_small_images: ClassVar[bool] = True

    model: str = ""
    """The model: its file, or the name of one that comes with the package (`brushwork models` lists them)."""

    style: tuple[str, ...] = ()
    """Styles of a model that has several, each NAME or NAME:WEIGHT: their scales and shifts are blended."""

    size: Extent = "full"
    """Size of the result in pixels, measured as `measure` says, 32 or more; `full`: as large as the photograph."""

    strength: float = 1.0
    """Opacity of the stylized image over the photograph: 0 the photograph, 1 the stylized image."""

    statistics: NormStatistics = "exact"
    """Source of instance normalization's mean and std: the whole image (exact), or a copy of about a megapixel
    (frozen), after which tiles are stylized one by one, with less memory."""

    color_when: Literal["before", "after"] = "after"
    """Whether color changes apply before stylization, to the network's input, or after it, to the output."""

    seed: int = 0
    """Seed of the noise that some models take; the same seed gives the same image."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.strength <= 1, "strength", self.strength, "0 or more, up to 1")
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")
        if self.color.startswith("match") and self.color_when == "before":
            raise InputError(
                f"{self.color} changes the colors of style images, but a model has none: use --color-when after."
            )

    def load_stylizer(self, device: torch.device) -> ModelStylizer:
        """Load the model onto a device.

        Raises: InputError: there is no model, or it does not stylize photographs.
        """
        from brushwork.feedforward.stylize import load_model_stylizer  # imports torch, which the options do not need

        return load_model_stylizer(self, device)

    def with_found_network(self, folder: Path, weights: str) -> Self:
        """Return the options with the model's name, or the current path of its file."""
        from brushwork.feedforward.model import find_same_model  # imports torch, which the options do not need

        return replace(self, model=find_same_model(self.model, folder, weights))


@register
@dataclass(frozen=True, kw_only=True)
class TextureModelOptions(CanvasOptions, FeedForwardOptions):
    """Options for textures from a texture model."""

    method: ClassVar[str] = "texture-model"
    takes_content: ClassVar[bool] = False
    takes_styles: ClassVar[bool] = False
    is_opaque: ClassVar[bool] = True

    model: str = ""
    """The model: its file, or the name of one that comes with the package (`brushwork models` lists them)."""

    size: str = "512x512"
    """Size of the texture in pixels, WIDTHxHEIGHT. It tiles seamlessly if the sides are multiples of the model's
    stride, and at least two strides."""

    seed: int = 0
    """Seed of the noise; the same seed gives the same texture."""

    def __post_init__(self) -> None:
        check_options(self)
        require_option(0 <= self.seed < SEEDS, "seed", self.seed, "a whole number from 0 up to 2⁶³ − 1")

    def load_stylizer(self, device: torch.device) -> TextureStylizer:
        """Load the model onto a device.

        Raises: InputError: there is no model, or it does not generate textures.
        """
        from brushwork.feedforward.texture import load_texture_stylizer  # imports torch, which the options do not need

        return load_texture_stylizer(self, device)

    def with_found_network(self, folder: Path, weights: str) -> Self:
        """Return the options with the model's name, or the current path of its file."""
        from brushwork.feedforward.model import find_same_model  # imports torch, which the options do not need

        return replace(self, model=find_same_model(self.model, folder, weights))

    def output_size(self, content: Size) -> Size:
        """Return the size of the texture."""
        return parse_size(self.size)
