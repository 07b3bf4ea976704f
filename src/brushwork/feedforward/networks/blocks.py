"""Building blocks of feed-forward networks: convolutions, normalization, residual blocks.

A network is a sequence of `NetworkStage`s. Each is either local (a convolution, a ReLU, a sum) or a norm, which
depends on the whole feature map; what lies between two norms can be computed tile by tile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from torch import Tensor, nn

from brushwork.types import Feature

NormName: TypeAlias = Literal["instance", "batch"]
"""Normalization over the positions of each image (1607.08022), or over the batch, with running statistics in
evaluation mode (1603.08155)."""

Upsampling: TypeAlias = Literal["transposed", "nearest"]
"""Upsampling by 2: a transposed convolution, as the paper; or nearest neighbor followed by a convolution, which leaves
no checkerboard."""

BorderName: TypeAlias = Literal["zeros", "reflect"]
"""Padding of convolutions."""

EPSILON = 1e-5
"""Added to variances. Source: 1607.08022's program."""

CROP = 2
"""Positions that a residual block loses on each side: two 3×3 convolutions without padding."""


class NetworkStage(NamedTuple):
    """One step of a network, from the running feature map to the next."""

    name: str
    module: nn.Module
    beside: str | None = None
    """Name of an earlier stage whose output is a second input: `module(map, that)`."""


class AddCropped(nn.Module):
    """Sum of a residual block: its output plus its center-cropped input, without a final ReLU.

    Source: the authors' models.lua.
    """

    def __init__(self, crop: int = CROP) -> None:
        super().__init__()
        self.crop = crop

    def forward(self, change: Feature, kept: Feature) -> Feature:
        """Return change + kept, with `crop` positions removed on each side of the latter."""
        crop = self.crop
        return change + kept[..., crop : kept.shape[-2] - crop, crop : kept.shape[-1] - crop]


def run_stages(stages: Iterable[NetworkStage], image: Feature) -> Feature:
    """Return the feature map after the last stage; others are freed as soon as they are no longer needed."""
    steps = list(stages)
    last = {stage.beside: place for place, stage in enumerate(steps) if stage.beside}
    kept: dict[str, Tensor] = {}
    here = image
    for place, (name, module, beside) in enumerate(steps):
        here = module(here) if beside is None else module(here, kept[beside])
        if beside is not None and last[beside] == place:
            del kept[beside]
        if name in last:
            kept[name] = here
    return here


def make_norm(kind: NormName, channels: int) -> nn.Module:
    """Return a normalization layer with a scale and a shift per channel."""
    if kind == "instance":
        return InstanceNorm(channels, eps=EPSILON, affine=True)
    return nn.BatchNorm2d(channels, eps=EPSILON)


def convolution_stages(
    name: str, kind: NormName, inner: int, outer: int, kernel: int, *, stride: int = 1, border: BorderName = "zeros"
) -> list[NetworkStage]:
    """Return the stages of a padded convolution, norm and ReLU."""
    layer = nn.Conv2d(inner, outer, kernel, stride, padding=kernel // 2, padding_mode=border)
    return [NetworkStage(name, layer), *_rectified(name, kind, outer)]


def residual_stages(name: str, kind: NormName, width: int, before: str) -> list[NetworkStage]:
    """Return the stages of a residual block: convolution, norm, ReLU, convolution, norm, cropped sum.

    The sum adds the output of the stage `before`.

    Source: He et al., 1512.03385; Gross & Wilber for the missing last ReLU.
    """
    return [
        NetworkStage(f"{name}a", nn.Conv2d(width, width, 3)),
        *_rectified(f"{name}a", kind, width),
        NetworkStage(f"{name}b", nn.Conv2d(width, width, 3)),
        NetworkStage(f"{name}b_norm", make_norm(kind, width)),
        NetworkStage(f"{name}_sum", AddCropped(), beside=before),
    ]


def residual_block_stages(count: int, kind: NormName, width: int, before: str) -> list[NetworkStage]:
    """Return the stages of consecutive residual blocks, the first after the stage `before`."""
    names = [before, *(f"block{n}_sum" for n in range(1, count + 1))]
    return [stage for n in range(1, count + 1) for stage in residual_stages(f"block{n}", kind, width, names[n - 1])]


def upsampling_stages(
    name: str, kind: NormName, inner: int, outer: int, how: Upsampling, border: BorderName = "zeros"
) -> list[NetworkStage]:
    """Return the stages that upsample by 2: a convolution of stride ½, norm, ReLU."""
    if how == "transposed":
        layers = [NetworkStage(name, nn.ConvTranspose2d(inner, outer, 3, 2, padding=1, output_padding=1))]
    else:
        layer = nn.Conv2d(inner, outer, 3, padding=1, padding_mode=border)
        layers = [
            NetworkStage(f"{name}_larger", nn.Upsample(scale_factor=2, mode="nearest")),
            NetworkStage(name, layer),
        ]
    return [*layers, *_rectified(name, kind, outer)]


def to_module_dict(stages: Sequence[NetworkStage]) -> nn.ModuleDict:
    """Return the stages' modules by name, to be registered in a network."""
    return nn.ModuleDict({stage.name: stage.module for stage in stages})


def _rectified(name: str, kind: NormName, channels: int) -> Iterator[NetworkStage]:
    yield NetworkStage(f"{name}_norm", make_norm(kind, channels))
    yield NetworkStage(f"{name}_relu", nn.ReLU(inplace=True))


class InstanceNorm(nn.InstanceNorm2d):
    """Instance normalization, whose gradients are correct in channels-last layout too.

    γ (x − μ)/√(σ² + ε) + β, with the mean and the biased variance of each image's channels.

    torch's own (2.13, on CPUs) computes a wrong gradient for a batch of one if the incoming gradient is channels-last,
    as convolutions in that layout return it: here the gradient is made contiguous first.

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
