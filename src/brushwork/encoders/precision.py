"""How exactly a network computes: full, or as the matrix units of accelerators like it.

Only the network's layers compute in fewer bits. The picture, its gradient, the optimizer, and every sum over features
stay in float32: in half precision a Gram matrix overflows, and the picture turns black.

| precision | convolutions     | digits  | exponent                |
|-----------|------------------|---------|-------------------------|
| `full`    | float32          | 24 bits | 8 bits                  |
| `tf32`    | float32, in TF32 | 11 bits | 8 bits                  |
| `bf16`    | bfloat16         | 8 bits  | 8 bits                  |
| `fp16`    | float16          | 11 bits | 5 bits: must be scaled  |

`auto` is `tf32` where a device has it, else `full`. TF32 is what torch's convolutions take by default on CUDA, so it is
what the other programs of the field run in. `bf16` and `fp16` move half the bytes, and are taken when asked for: on the
normalized network paintings in bf16 go down like those in full (40 closures, 80 pixels, two pairs of pictures: 1.02 and
0.80 of the loss); on the original one, with the losses of CVPR 2016, one of two ran away once and was behind by 1.8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from brushwork.encoders.backends import ForwardPass, forward_plain
from brushwork.encoders.torch_flags import set_convolution_tf32
from brushwork.types import Feature, Image

Precision: TypeAlias = Literal["auto", "full", "tf32", "bf16", "fp16"]

Stages: TypeAlias = Mapping[str, nn.Module]

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}

AMPERE = (8, 0)
"""Compute capability from which on CUDA devices have TF32."""

HEADROOM = 64.0
"""By what `fp16` divides all activations: those of the original VGG-19 reach 3e4 on line drawings, and the format ends
at 6.5e4. A power of 2, so that nothing is rounded."""

_HOMOGENEOUS = (nn.ReLU, nn.MaxPool2d, nn.AvgPool2d)


def resolve_precision(precision: Precision, device: torch.device) -> Precision:
    """What is meant on a device: `auto` and `tf32` are `tf32` where there is TF32, else `full`."""
    if precision not in ("auto", "tf32"):
        return precision
    has_tf32 = device.type == "cuda" and not torch.version.hip and torch.cuda.get_device_capability(device) >= AMPERE
    return "tf32" if has_tf32 else "full"


class CastLayers:
    """A frozen network's layers in other number formats. Each is made when it is first asked for, and kept."""

    def __init__(self) -> None:
        self._kept: dict[tuple[torch.dtype, torch.device], Stages] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> CastLayers:
        """Another network makes its own."""
        return CastLayers()

    def __call__(self, stages: Stages, dtype: torch.dtype, device: torch.device) -> Stages:
        """In the `memory_layout` of matrix units, biases divided by the `activation_scale` of activations."""
        if (dtype, device) not in self._kept:
            layers = nn.ModuleDict(deepcopy(dict(stages)))
            layers.to(dtype=dtype, memory_format=memory_layout())  # type: ignore[call-overload]
            for layer in layers.values():
                if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                    layer.bias.data /= activation_scale(stages, dtype)
            self._kept[dtype, device] = dict(layers.items())
        return self._kept[dtype, device]


def memory_layout() -> torch.memory_format:
    """Channels last, as matrix units read them; not on ROCm, whose convolutions do not take it without being told."""
    return torch.contiguous_format if torch.version.hip else torch.channels_last


def activation_scale(stages: Stages, dtype: torch.dtype) -> float:
    """By what activations are divided, so that they stay in range.

    A chain of convolutions, rectifications and pools is positively homogeneous: divide its input and its biases by a
    number, and so are all its activations, and nothing else changes. Other networks are left as they are.
    """
    chain = all(isinstance(stage, _HOMOGENEOUS) or type(stage) is nn.Conv2d for stage in stages.values())
    return HEADROOM if chain and dtype == torch.float16 else 1.0


def with_precision(engine: ForwardPass, precision: Precision, layers: CastLayers) -> ForwardPass:
    """An engine's way through a network, in a precision.

    Features of `bf16` come in bfloat16: `wide` makes them float32 where they are summed.
    """

    def look(stages: Stages, order: Sequence[str], shown: Image, wanted: Sequence[str]) -> list[Feature]:
        here = resolve_precision(precision, shown.device)
        dtype = DTYPES.get(here, shown.dtype)
        if dtype == shown.dtype and shown.device.type != "cuda":
            return engine(stages, order, shown, wanted)
        way = _Way(stages, order, wanted, dtype, here == "tf32", layers)
        if torch.is_grad_enabled() and shown.requires_grad:
            return list(_Look.apply(shown, way))  # type: ignore[no-untyped-call]
        return way.widened(way.walk(way.narrowed(shown)))

    return look


class _Way(NamedTuple):
    """Through a network, in a number format."""

    stages: Stages
    order: Sequence[str]
    wanted: Sequence[str]
    dtype: torch.dtype
    tf32: bool
    layers: CastLayers

    def narrowed(self, shown: Image) -> Image:
        return (shown / self.share).to(dtype=self.dtype, memory_format=memory_layout())

    def walk(self, shown: Image) -> list[Feature]:
        with set_convolution_tf32(tf32=self.tf32):
            return forward_plain(self.layers(self.stages, self.dtype, shown.device), self.order, shown, self.wanted)

    def widened(self, features: Sequence[Feature]) -> list[Feature]:
        """Features whose magnitude was divided are float32 from here on."""
        return [feature.detach() if self.share == 1 else feature.detach().float() * self.share for feature in features]

    @property
    def share(self) -> float:
        return activation_scale(self.stages, self.dtype)


class _Look(torch.autograd.Function):
    """Forward and backward through the layers, both under the flags of one precision.

    The backward pass runs when whoever set flags for the forward pass is gone: it brings its own.
    """

    @staticmethod
    def forward(ctx: Any, shown: Image, way: _Way) -> tuple[Feature, ...]:
        with torch.enable_grad():
            leaf = way.narrowed(shown.detach()).requires_grad_()
            features = way.walk(leaf)
        ctx.save_for_backward(shown)
        ctx.way, ctx.seen = way, (leaf, features)
        ctx.set_materialize_grads(False)
        return tuple(way.widened(features))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, None]:
        """The scale of magnitudes cancels: it divides what is shown, and multiplies what is seen."""
        (leaf, features), way = ctx.seen, ctx.way
        again = torch.is_grad_enabled()
        if again:  # derivatives of derivatives: the plain way
            (leaf,) = ctx.saved_tensors
            features = forward_plain(way.stages, way.order, leaf, way.wanted)
        pairs = [(f, g) for f, g in zip(features, gradients, strict=True) if g is not None]
        if not pairs:
            return None, None
        scale = gradient_scale([g for _, g in pairs]) if way.dtype == torch.float16 and not again else None
        given = [(g if scale is None else g * scale).to(f.dtype) for f, g in pairs]
        with set_convolution_tf32(tf32=way.tf32):
            (pulled,) = torch.autograd.grad([f for f, _ in pairs], leaf, given, create_graph=again)
        pulled = pulled.to(ctx.saved_tensors[0].dtype)
        return pulled if scale is None else pulled / scale, None


def gradient_scale(gradients: Sequence[Tensor]) -> Tensor:
    """The power of 2 that brings gradients to magnitude 1. It stays on the device: nobody waits for it.

    Those of mean losses are smaller than the smallest number of float16.
    """
    largest = torch.stack([gradient.abs().amax().float() for gradient in gradients]).amax()
    return largest.clamp_min(torch.finfo(torch.float32).tiny).log2().floor().neg().exp2()
