"""A network for many styles: one trunk, and a scale and a shift for each style and channel of every normalization.

Source: Dumoulin, Shlens, Kudlur, 1610.07629, section 2.2 (conditional instance normalization) and the appendix's table.
Differs: the last convolution is not normalized, and a scaled tanh follows instead of a sigmoid, as in `johnson`. With
normalization there, the picture is noise of full contrast from the first step on, and training learned blots.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from brushwork.encoders.torch_flags import exact_precision
from brushwork.errors import InputError
from brushwork.feedforward.networks.blocks import EPSILON
from brushwork.feedforward.networks.configs import JOHNSON_STRIDE, MultiStyleConfig
from brushwork.feedforward.networks.johnson import reflect_pad_to_multiple, squash_to_image
from brushwork.images.geometry import Size
from brushwork.types import Feature, Image

SMALLEST = 8
"""Minimum side in pixels: the residual blocks reflect one position, and need two."""

_LARGE_KERNEL = 9

_FIRST_CONTRAST = 0.1
"""Factor of the last convolution's initial weights: the first pictures are nearly gray."""


class StyleNorm(nn.Module):
    """Conditional instance normalization: γ (x − μ)/√(σ² + ε) + β, with γ and β blended over the styles.

    Source: 1610.07629, eq. 5.
    """

    def __init__(self, styles: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(styles, channels))
        self.bias = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, input: Feature, blend: Tensor) -> Feature:
        """Return the normalized feature map in the blend of the styles."""
        scale, shift = blend @ self.weight, blend @ self.bias
        if torch.is_grad_enabled() and len(input) == 1:
            # For one image this is the same, and several times as fast in channels-last layout.
            return F.batch_norm(input, None, None, scale, shift, training=True, eps=EPSILON)
        return F.instance_norm(input, weight=scale, bias=shift, eps=EPSILON)


class StyledConvolution(nn.Module):
    """Reflection-padded convolution and its normalization, after nearest-neighbor upsampling if requested."""

    def __init__(
        self, styles: int, inner: int, outer: int, kernel: int, *, stride: int = 1, enlarges: bool = False
    ) -> None:
        super().__init__()
        self.enlarges, self.border = enlarges, kernel // 2
        self.conv = nn.Conv2d(inner, outer, kernel, stride, bias=False)
        self.norm = StyleNorm(styles, outer)

    def forward(self, input: Feature, blend: Tensor) -> Feature:
        """Return the convolved and normalized feature map."""
        with exact_precision(input.device):  # autocast would pad and upsample in float32
            larger = F.interpolate(input, scale_factor=2, mode="nearest") if self.enlarges else input
            padded = F.pad(larger, [self.border] * 4, mode="reflect")
        normalized: Feature = self.norm(self.conv(padded), blend)
        return normalized


class StyledBlock(nn.Module):
    """Size-preserving residual block: convolution, ReLU, convolution; plus the input, without a last ReLU."""

    def __init__(self, styles: int, width: int) -> None:
        super().__init__()
        self.a = StyledConvolution(styles, width, width, 3)
        self.b = StyledConvolution(styles, width, width, 3)

    def forward(self, input: Feature, blend: Tensor) -> Feature:
        """Return the block's output."""
        change: Feature = self.b(F.relu(self.a(input, blend), inplace=True), blend)
        return change + input


class MultiStyleNetwork(nn.Module):
    """Network for many styles: c9s1-w, d2w, d4w, R4w × blocks, u2w, uw, all with `StyleNorm`; c9s1-3, tanh.

    A blend is a weight for each style; the weights usually sum to 1.
    """

    def __init__(self, settings: MultiStyleConfig) -> None:
        super().__init__()
        self.settings = settings
        w, count = settings.width, len(settings.styles)
        self.first = StyledConvolution(count, 3, w, _LARGE_KERNEL)
        self.down1 = StyledConvolution(count, w, 2 * w, 3, stride=2)
        self.down2 = StyledConvolution(count, 2 * w, 4 * w, 3, stride=2)
        self.blocks = nn.ModuleList(StyledBlock(count, 4 * w) for _ in range(settings.blocks))
        self.up1 = StyledConvolution(count, 4 * w, 2 * w, 3, enlarges=True)
        self.up2 = StyledConvolution(count, 2 * w, w, 3, enlarges=True)
        self.last = nn.Conv2d(w, 3, _LARGE_KERNEL, padding=_LARGE_KERNEL // 2, padding_mode="reflect")
        with torch.no_grad():
            self.last.weight *= _FIRST_CONTRAST

    def forward_features(self, image: Image, blend: Tensor) -> Image:
        """Return the output of the last layer, the input of `to_image`."""
        x = reflect_pad_to_multiple(image, 0, JOHNSON_STRIDE, SMALLEST) - 0.5
        for layer in (self.first, self.down1, self.down2):
            x = F.relu(layer(x, blend), inplace=True)
        for block in self.blocks:
            x = block(x, blend)
        for layer in (self.up1, self.up2):
            x = F.relu(layer(x, blend), inplace=True)
        last: Image = self.last(x)
        return last

    def to_image(self, last: Image, size: Size) -> Image:
        """Return the image: tanh of the last layer's output, cropped to the given size at the upper left."""
        return squash_to_image(last, size)

    def forward(self, image: Image, blend: Tensor | None = None) -> Image:
        """Return the stylized image, nominally in [0, 1]; without a blend, it has the network's only style.

        Raises: InputError: no blend was given, and there are several styles.
        """
        if blend is None:
            blend = image.new_tensor(self.default_blend())
        return self.to_image(self.forward_features(image, blend), Size.of(image))

    def default_blend(self) -> list[float]:
        """Return the blend of the network's only style.

        Raises: InputError: there are several styles.
        """
        styles = self.settings.styles
        if len(styles) > 1:
            raise InputError(f"the model has {len(styles)} styles: choose one or more of {', '.join(styles)}.")
        return [1.0]


def is_scale_or_shift(name: str) -> bool:
    """Return whether an entry of the network's state holds the scales or shifts of the styles."""
    return name.endswith(("norm.weight", "norm.bias"))


def average_styles(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of a network with the same trunk and a single style, the mean of all styles."""
    return {name: value.mean(0, keepdim=True) if is_scale_or_shift(name) else value for name, value in state.items()}
