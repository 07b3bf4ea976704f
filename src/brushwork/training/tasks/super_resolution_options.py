"""Options for training a super-resolution network."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from brushwork.feedforward.networks.configs import SuperResolutionConfig
from brushwork.options import EncoderOptions, check_options, require_option
from brushwork.training.options import TrainingOptions, copy_fields


@dataclass(frozen=True, kw_only=True)
class SuperResolutionTrainingOptions(TrainingOptions, SuperResolutionConfig, EncoderOptions):
    """Options for training super-resolution.

    Source: 1603.08155, section 4.2; 200000 iterations there.
    """

    crop: int = 288
    """Side of the training crops in pixels, before downsampling; a multiple of 8."""

    photo_size: int = 480
    """Maximum short side of a photograph in pixels."""

    blur: float = 1.0
    """Standard deviation in pixels of the blur before downsampling; 0 or more."""

    content_layers: tuple[str, ...] = ("conv2_2",)
    """Layers whose features are compared; relu2_2, as in the paper."""

    content_weight: float = 1.0
    """Weight of the mean squared difference of the features; 0 or more."""

    pixel_weight: float = 0.0
    """Weight of the mean squared difference of the pixels, with white at 255; 0 or more."""

    tv_weight: float = 0.0
    """Weight of the total variation; 0 or more."""

    def __post_init__(self) -> None:
        check_options(self)
        least = max(8, self.factor * self.spec.min_size)
        expected = f"a multiple of 8, {least} or more"
        require_option(self.crop >= least and self.crop % 8 == 0, "crop", self.crop, expected)
        for name in ("blur", "content_weight", "pixel_weight", "tv_weight"):
            require_option(0 <= getattr(self, name) < inf, name, getattr(self, name), "0 or more, and finite")

    @property
    def architecture(self) -> SuperResolutionConfig:
        """The architecture's options alone."""
        return copy_fields(self, SuperResolutionConfig)
