"""Building blocks of feed-forward networks: convolutions, normalization, residual blocks.

A network is a sequence of `NetworkStage`s. Each is local (a convolution, a rectification, a sum) or a norm, which looks
at the whole map; what stands between two norms can be computed tile by tile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from torch import Tensor, nn

from brushwork.types import Feature

NormName: TypeAlias = Literal["instance", "batch"]
"""Over each picture's own cells (1607.08022), or over the batch's, with running means when it paints (1603.08155)."""

Upsampling: TypeAlias = Literal["transposed", "nearest"]
"""Twice the size by a transposed convolution, as the paper; or by repetition and then a convolution, which leaves no
checkerboard."""

BorderName: TypeAlias = Literal["zeros", "reflect"]
"""What convolutions see beyond their map."""

EPSILON = 1e-5
"""Added to variances. Source: 1607.08022's program."""

CROP = 2
"""Cells that a residual block loses on each side: two convolutions of 3×3 without padding."""


class NetworkStage(NamedTuple):
    """One step of a network: the running map goes in and comes out."""

    name: str
    module: nn.Module
    beside: str | None = None
    """The module also takes what the stage of this name gave: `module(map, that)`."""


class AddCropped(nn.Module):
    """A residual block's sum: the block's input without the cells that the block lost. No rectification follows.

    Source: the authors' models.lua.
    """

    def __init__(self, crop: int = CROP) -> None:
        super().__init__()
        self.crop = crop

    def forward(self, change: Feature, kept: Feature) -> Feature:
        """change + kept, without `crop` cells on each side of the latter."""
        crop = self.crop
        return change + kept[..., crop : kept.shape[-2] - crop, crop : kept.shape[-1] - crop]


def run_stages(stages: Iterable[NetworkStage], image: Feature) -> Feature:
    """The running map after the last stage; others are let go as soon as nobody needs them."""
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
    """A norm with a scale and a shift for each channel."""
    if kind == "instance":
        return InstanceNorm(channels, eps=EPSILON, affine=True)
    return nn.BatchNorm2d(channels, eps=EPSILON)


def convolution_stages(
    name: str, kind: NormName, inner: int, outer: int, kernel: int, *, stride: int = 1, border: BorderName = "zeros"
) -> list[NetworkStage]:
    """Convolution with padding, norm, rectification."""
    layer = nn.Conv2d(inner, outer, kernel, stride, padding=kernel // 2, padding_mode=border)
    return [NetworkStage(name, layer), *_rectified(name, kind, outer)]


def residual_stages(name: str, kind: NormName, width: int, before: str) -> list[NetworkStage]:
    """Convolution, norm, rectification, convolution, norm, sum with what the stage `before` gave, cropped.

    Source: He et al., 1512.03385; Gross & Wilber for the missing last rectification.
    """
    return [
        NetworkStage(f"{name}a", nn.Conv2d(width, width, 3)),
        *_rectified(f"{name}a", kind, width),
        NetworkStage(f"{name}b", nn.Conv2d(width, width, 3)),
        NetworkStage(f"{name}b_norm", make_norm(kind, width)),
        NetworkStage(f"{name}_sum", AddCropped(), beside=before),
    ]


def residual_block_stages(count: int, kind: NormName, width: int, before: str) -> list[NetworkStage]:
    """Residual blocks, one after the other; the first takes what the stage `before` gave."""
    names = [before, *(f"block{n}_sum" for n in range(1, count + 1))]
    return [stage for n in range(1, count + 1) for stage in residual_stages(f"block{n}", kind, width, names[n - 1])]


def upsampling_stages(
    name: str, kind: NormName, inner: int, outer: int, how: Upsampling, border: BorderName = "zeros"
) -> list[NetworkStage]:
    """Twice the size by a convolution of stride ½, norm, rectification."""
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
    """The stages' modules by name, for a network to own."""
    return nn.ModuleDict({stage.name: stage.module for stage in stages})


def _rectified(name: str, kind: NormName, channels: int) -> Iterator[NetworkStage]:
    yield NetworkStage(f"{name}_norm", make_norm(kind, channels))
    yield NetworkStage(f"{name}_relu", nn.ReLU(inplace=True))


class InstanceNorm(nn.InstanceNorm2d):
    """γ (x − μ)/√(σ² + ε) + β, with the mean and the biased variance of each picture's channels.

    torch's own (2.13, on processors) gives a wrong gradient for a batch of one where the channels of the gradient lie
    together, as convolutions in that layout leave them: here it is brought into the plain layout first.

    Source: Ulyanov, Vedaldi, Lempitsky, 1607.08022.
    """

    def forward(self, input: Feature) -> Feature:
        """The normalized map."""
        normalized = super().forward(input)
        if normalized.requires_grad:
            normalized.register_hook(_plain)  # type: ignore[no-untyped-call]
        return normalized


def _plain(gradient: Tensor | None) -> Tensor | None:
    return None if gradient is None else gradient.contiguous()
