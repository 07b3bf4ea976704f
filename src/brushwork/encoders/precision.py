"""Numeric precision of a network's layers: full, or the reduced formats of an accelerator's matrix units.

Only the network's layers compute with fewer bits. The image, its gradient, the optimizer, and every sum over features
stay in float32: in half precision a Gram matrix overflows, and the image turns black.

| precision | convolutions     | digits  | exponent                |
|-----------|------------------|---------|-------------------------|
| `full`    | float32          | 24 bits | 8 bits                  |
| `tf32`    | float32, in TF32 | 11 bits | 8 bits                  |
| `bf16`    | bfloat16         | 8 bits  | 8 bits                  |
| `fp16`    | float16          | 11 bits | 5 bits: must be scaled  |

On CPUs with AMX, the compiled kernels round the values and weights of each convolution to bfloat16, and keep its sums
and the maps in float32. Elsewhere, torch computes the maps in bfloat16 too.

`auto` is `tf32` if the device has it, else `full`. Torch's convolutions on CUDA use TF32 by default, and so do other
style transfer programs. `fast`, which drafts use, is `bf16` on CPUs with AMX, else `auto`. `bf16` and `fp16` move half
the bytes, and are used on request. On the normalized network, losses in bf16 fall like those in full (40 evaluations,
80 pixels, two pairs of images: 1.02 and 0.80 of the loss). On the original network, with the losses of CVPR 2016, one
of two runs diverged once and ended with a loss 1.8 times as high.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from brushwork.choices import Precision
from brushwork.encoders.backends import ForwardPass, forward_matrix_units, forward_native, forward_plain
from brushwork.encoders.fused_relu import forward_fused, onednn_computes
from brushwork.encoders.native.library import has_matrix_units
from brushwork.encoders.stages import Stages
from brushwork.encoders.torch_flags import set_convolution_tf32
from brushwork.types import Feature, Image

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}

AMPERE = (8, 0)
"""Lowest compute capability of CUDA devices with TF32."""

HEADROOM = 64.0
"""Divisor of all activations in `fp16`.

Activations of the original VGG-19 reach 3e4 on line drawings, and the format ends at 6.5e4. The divisor is a power of
2, so that it rounds nothing.
"""

_HOMOGENEOUS = (nn.ReLU, nn.MaxPool2d, nn.AvgPool2d)


def resolve_precision(precision: Precision, device: torch.device, *, is_native: bool = False) -> Precision:
    """Return the precision used on a device: `auto` and `tf32` become `tf32` if available, else `full`.

    `fast` becomes `bf16` if the compiled kernels are used (`is_native`) and the processor has matrix units for it;
    otherwise it is `auto`.
    """
    if precision == "fast" and is_native and has_matrix_units():
        return "bf16"
    if precision not in ("auto", "fast", "tf32"):
        return precision
    has_tf32 = device.type == "cuda" and not torch.version.hip and torch.cuda.get_device_capability(device) >= AMPERE
    return "tf32" if has_tf32 else "full"


def is_emulated(dtype: torch.dtype, device: torch.device) -> bool:
    """Return whether torch emulates convolutions in a reduced format on a device, at a hundredth of the speed.

    It does with bfloat16 on x86 CPUs without AVX-512, and with float16 on those without AVX-512 FP16.
    """
    has_onednn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return device.type == "cpu" and has_onednn and dtype in DTYPES.values() and not onednn_computes(dtype)


def describe_emulation(precision: Precision, device: torch.device) -> str | None:
    """Return a sentence saying that a device has no arithmetic for a precision; None if it has."""
    if not is_emulated(DTYPES.get(precision, torch.float32), device):
        return None
    return f"this CPU has no arithmetic for {precision}: precision fast or full is many times as fast."


class CastLayers:
    """Copies of a frozen network's layers in other number formats, made on first use and cached."""

    def __init__(self) -> None:
        self._kept: dict[tuple[torch.dtype, torch.device], Stages] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> CastLayers:
        """Return an empty cache, since a copied network makes its own copies."""
        return CastLayers()

    def __call__(self, stages: Stages, dtype: torch.dtype, device: torch.device) -> Stages:
        """Return the layers in `memory_layout`, with biases divided by `activation_scale`."""
        if (dtype, device) not in self._kept:
            layers = deepcopy(dict(stages))
            for layer in layers.values():
                layer.to(dtype=dtype, memory_format=memory_layout())  # type: ignore[call-overload]
                if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                    layer.bias.data /= activation_scale(stages, dtype)
            self._kept[dtype, device] = layers
        return self._kept[dtype, device]


def memory_layout() -> torch.memory_format:
    """Return the memory layout of matrix units: channels-last, except on ROCm.

    ROCm's convolutions do not use it by default.
    """
    return torch.contiguous_format if torch.version.hip else torch.channels_last


def activation_scale(stages: Stages, dtype: torch.dtype) -> float:
    """Return the divisor that keeps activations in range.

    A chain of convolutions, rectifications and pools is positively homogeneous: if its input and its biases are divided
    by a number, so are all its activations, and nothing else changes. Other networks are left unscaled.
    """
    chain = all(isinstance(stage, _HOMOGENEOUS) or type(stage) is nn.Conv2d for stage in stages.values())
    return HEADROOM if chain and dtype == torch.float16 else 1.0


def with_precision(engine: ForwardPass, precision: Precision, layers: CastLayers) -> ForwardPass:
    """Wrap a backend so that it computes in the given precision.

    In `bf16`, features are returned in bfloat16; `as_float32` converts them where they are summed. The compiled kernels
    return them in float32, and round them only where the next convolution reads them.
    """

    def forward(stages: Stages, shown: Image, requested: Sequence[str]) -> list[Feature]:
        here = resolve_precision(precision, shown.device, is_native=engine is forward_native)
        if here == "bf16" and engine is forward_native:
            found = forward_matrix_units(stages, shown, requested)
            if found is not None:
                return found
        dtype = DTYPES.get(here, shown.dtype)
        if dtype == shown.dtype and shown.device.type != "cuda":
            return engine(stages, shown, requested)
        cast_pass = _CastPass(stages, requested, dtype, here == "tf32", layers)
        if torch.is_grad_enabled() and shown.requires_grad:
            return list(_CastForward.apply(shown, cast_pass))  # type: ignore[no-untyped-call]
        return cast_pass.restore(cast_pass.run(cast_pass.cast(shown)))

    return forward


class _CastPass(NamedTuple):
    """A forward pass through a network in a given number format."""

    stages: Stages
    wanted: Sequence[str]
    dtype: torch.dtype
    tf32: bool
    layers: CastLayers

    def cast(self, shown: Image) -> Image:
        return (shown / self.share).to(dtype=self.dtype, memory_format=memory_layout())

    def run(self, shown: Image) -> list[Feature]:
        with set_convolution_tf32(tf32=self.tf32):
            return forward_fused(self.layers(self.stages, self.dtype, shown.device), shown, self.wanted)

    def restore(self, features: Sequence[Feature]) -> list[Feature]:
        """Return features without their graph; if they were scaled, in float32 and at their own scale."""
        return [feature.detach() if self.share == 1 else feature.detach().float() * self.share for feature in features]

    @property
    def share(self) -> float:
        return activation_scale(self.stages, self.dtype)


class _CastForward(torch.autograd.Function):
    """Forward and backward pass through the layers, both under the flags of one precision.

    The backward pass may run after the flags of the forward pass were restored, so it sets its own.
    """

    @staticmethod
    def forward(ctx: Any, shown: Image, cast_pass: _CastPass) -> tuple[Feature, ...]:
        with torch.enable_grad():
            leaf = cast_pass.cast(shown.detach()).requires_grad_()
            features = cast_pass.run(leaf)
        ctx.save_for_backward(shown)
        ctx.cast_pass, ctx.seen = cast_pass, (leaf, features)
        ctx.set_materialize_grads(False)
        return tuple(cast_pass.restore(features))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, None]:
        """Compute the image's gradient.

        The activation scale cancels: it divides the input and multiplies the features.
        """
        (leaf, features), cast_pass = ctx.seen, ctx.cast_pass
        again = torch.is_grad_enabled()
        if again:  # second derivatives: in plain torch
            (leaf,) = ctx.saved_tensors
            features = forward_plain(cast_pass.stages, leaf, cast_pass.wanted)
        pairs = [(f, g) for f, g in zip(features, gradients, strict=True) if g is not None]
        if not pairs:
            return None, None
        scale = gradient_scale([g for _, g in pairs]) if cast_pass.dtype == torch.float16 and not again else None
        given = [(g if scale is None else g * scale).to(f.dtype) for f, g in pairs]
        with set_convolution_tf32(tf32=cast_pass.tf32):
            (pulled,) = torch.autograd.grad([f for f, _ in pairs], leaf, given, create_graph=again)
        pulled = pulled.to(ctx.saved_tensors[0].dtype)
        return pulled if scale is None else pulled / scale, None


def gradient_scale(gradients: Sequence[Tensor]) -> Tensor:
    """Return the power of 2 that brings gradients to magnitude 1.

    It is a tensor on the device, so that nothing waits for it. Gradients of mean losses are smaller than float16's
    smallest number.
    """
    largest = torch.stack([gradient.abs().amax().float() for gradient in gradients]).amax()
    return largest.clamp_min(torch.finfo(torch.float32).tiny).log2().floor().neg().exp2()
