"""Building blocks of feed-forward networks: convolutions, normalization, residual blocks."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor, nn

from brushwork.choices import BorderName, NormName, Upsampling
from brushwork.types import Feature

EPSILON = 1e-5
"""Added to variances. Source: 1607.08022's program."""

CROP = 2
"""Positions that a residual block loses on each side, through two 3×3 convolutions without padding."""


class ResidualBlock(nn.Module):
    """Residual block: convolution, norm, ReLU, convolution, norm; plus the center-cropped input, without a last ReLU.

    The convolutions have no padding, so each side loses `CROP` positions.

    Source: He et al., 1512.03385; the authors' models.lua, and Gross & Wilber for the missing last ReLU.
    """

    def __init__(self, kind: NormName, width: int) -> None:
        super().__init__()
        self.a, self.a_norm, self.a_relu = nn.Conv2d(width, width, 3), make_norm(kind, width), nn.ReLU(inplace=True)
        self.b, self.b_norm = nn.Conv2d(width, width, 3), make_norm(kind, width)

    def forward(self, feature: Feature) -> Feature:
        """Return the block's output, `CROP` positions smaller on each side."""
        change = self.b_norm(self.b(self.a_relu(self.a_norm(self.a(feature)))))
        height, width = feature.shape[-2:]
        return change + feature[..., CROP : height - CROP, CROP : width - CROP]  # type: ignore[no-any-return]


def keep_flat_names(network: nn.Module) -> None:
    """Make a network's state dictionaries use `block1a.weight` for `block1.a.weight`, as model files do."""
    network.register_state_dict_post_hook(lambda _, state, *others: _rename(state, r"(\bblock\d+)\.(?=[ab])", r"\1"))  # type: ignore[no-untyped-call]
    network.register_load_state_dict_pre_hook(lambda _, state, *others: _rename(state, r"(\bblock\d+)(?=[ab])", r"\1."))  # type: ignore[no-untyped-call]


def _rename(state: dict[str, Any], pattern: str, replacement: str) -> None:
    for name in list(state):  # renaming all of them keeps their order
        state[re.sub(pattern, replacement, name)] = state.pop(name)


def make_norm(kind: NormName, channels: int) -> nn.Module:
    """Return a normalization layer with a scale and a shift per channel."""
    if kind == "instance":
        return InstanceNorm(channels, eps=EPSILON, affine=True)
    return nn.BatchNorm2d(channels, eps=EPSILON)


def convolution_layers(
    name: str, kind: NormName, inner: int, outer: int, kernel: int, *, stride: int = 1, border: BorderName = "zeros"
) -> dict[str, nn.Module]:
    """Return a padded convolution, norm and ReLU, by name."""
    layer = nn.Conv2d(inner, outer, kernel, stride, padding=kernel // 2, padding_mode=border)
    return {name: layer, **_norm_and_relu(name, kind, outer)}


def residual_blocks(count: int, kind: NormName, width: int) -> dict[str, nn.Module]:
    """Return consecutive residual blocks, by name."""
    return {f"block{n}": ResidualBlock(kind, width) for n in range(1, count + 1)}


def upsampling_layers(
    name: str, kind: NormName, inner: int, outer: int, how: Upsampling, border: BorderName = "zeros"
) -> dict[str, nn.Module]:
    """Return layers that upsample by 2, by name: a convolution of stride ½, norm, ReLU."""
    layers: dict[str, nn.Module]
    if how == "transposed":
        layers = {name: nn.ConvTranspose2d(inner, outer, 3, 2, padding=1, output_padding=1)}
    else:
        enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        layers = {f"{name}_larger": enlarge, name: nn.Conv2d(inner, outer, 3, padding=1, padding_mode=border)}
    return {**layers, **_norm_and_relu(name, kind, outer)}


def output_layer(width: int, border: BorderName) -> dict[str, nn.Module]:
    """Return the last convolution, 9×9 to three channels, by name."""
    return {"last": nn.Conv2d(width, 3, 9, padding=4, padding_mode=border)}


def _norm_and_relu(name: str, kind: NormName, channels: int) -> dict[str, nn.Module]:
    return {f"{name}_norm": make_norm(kind, channels), f"{name}_relu": nn.ReLU(inplace=True)}


class InstanceNorm(nn.InstanceNorm2d):
    """Instance normalization with gradients that are also correct in channels-last layout.

    γ (x − μ)/√(σ² + ε) + β, with the mean and the biased variance of each image's channels.

    torch's own (2.13, on CPUs) computes a wrong gradient for a batch of one if the incoming gradient is channels-last,
    as convolutions in that layout return it. Here, the gradient is made contiguous first.

    Source: Ulyanov, Vedaldi, Lempitsky, 1607.08022.
    """

    def forward(self, input: Feature) -> Feature:
        """Return the normalized feature map."""
        normalized = super().forward(input)
        if normalized.requires_grad:
            normalized.register_hook(_plain)  # type: ignore[no-untyped-call]
        return normalized


def _plain(gradient: Tensor | None) -> Tensor | None:
    return None if gradient is None else gradient.contiguous()
