"""Backends that compute an encoder's layers: native, channels-last, NNPACK, plain torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from brushwork.encoders.native.autograd import native_forward
from brushwork.encoders.native.fusion import fuse_steps
from brushwork.encoders.native.library import load_library
from brushwork.types import Feature, Image

Engine: TypeAlias = Literal["plain", "channels-last", "nnpack", "native"]
"""Name of a backend.

`plain`: the modules as they are. `channels-last`: the same in channels-last memory format, in which torch's
convolutions are faster. `nnpack`: the Winograd convolutions included in torch, for single images in float32. `native`:
brushwork's own kernels, if they were built, for VGG in float32 on the CPU.
"""

ForwardPass: TypeAlias = Callable[[Mapping[str, nn.Module], Sequence[str], Image, Sequence[str]], list[Feature]]
"""Function that computes features.

Its arguments are the stages, their order, a preprocessed image, and the names of the requested stages.
"""


def forward_channels_last(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """Compute the features in channels-last memory format."""
    return forward_plain(stages, order, shown.contiguous(memory_format=torch.channels_last), wanted)


def forward_native(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """Compute the features with the compiled kernels, or in plain torch where those do not support the input."""
    steps = fuse_steps(stages, order, wanted) if load_library() is not None and is_native_input(shown) else None
    if not steps:
        return forward_plain(stages, order, shown, wanted)
    return native_forward(shown, steps, lambda x: forward_plain(stages, order, x, wanted))


def is_native_input(shown: Image) -> bool:
    """Return whether the compiled kernels support an image's device and dtype."""
    on_processor = shown.device.type in ("cpu", "meta")
    return on_processor and shown.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")


def forward_plain(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """Compute the features one stage after the other, up to the last requested one."""
    seen: dict[str, Feature] = {}
    x = shown
    for name in order:
        if len(seen) == len(wanted):
            break
        x = stages[name.replace(".", "_")](x)
        if name in wanted:
            seen[name] = x
    return [seen[name] for name in wanted]


def forward_nnpack(
    stages: Mapping[str, nn.Module], order: Sequence[str], shown: Image, wanted: Sequence[str]
) -> list[Feature]:
    """Compute the features one stage after the other, with NNPACK for float32 3×3 convolutions."""
    if shown.device.type not in ("cpu", "meta") or shown.dtype != torch.float32 or shown.shape[0] != 1:
        return forward_plain(stages, order, shown, wanted)
    return forward_plain({name: _fast(stage) for name, stage in stages.items()}, order, shown, wanted)


ENGINES: Mapping[Engine, ForwardPass] = {
    "plain": forward_plain,
    "channels-last": forward_channels_last,
    "nnpack": forward_nnpack,
    "native": forward_native,
}


def has_nnpack() -> bool:
    """Return whether this torch includes NNPACK, and the processor supports it."""
    available = getattr(torch, "_nnpack_available", None)
    return bool(available is not None and hasattr(torch, "_nnpack_spatial_convolution") and available())


_THERE: Mapping[Engine, Callable[[], bool]] = {"nnpack": has_nnpack, "native": lambda: load_library() is not None}


def usable_engines() -> tuple[Engine, ...]:
    """Return the backends that are available in this installation."""
    return tuple(engine for engine in ENGINES if engine not in _THERE or _THERE[engine]())


def _fast(stage: nn.Module) -> nn.Module:
    is_taken = (
        isinstance(stage, nn.Conv2d)
        and (stage.kernel_size, stage.stride, stage.padding) == ((3, 3), (1, 1), (1, 1))
        and (stage.dilation, stage.groups) == ((1, 1), 1)
        and stage.padding_mode in ("zeros", "reflect")
    )
    return _Layer(stage) if is_taken else stage


class _Layer(nn.Module):
    def __init__(self, plain: nn.Module) -> None:
        super().__init__()
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        mirrored = self.plain.padding_mode == "reflect"
        seen = nn.functional.pad(x, (1, 1, 1, 1), mode="reflect") if mirrored else x
        found: Tensor = _Convolution.apply(seen, self.plain.weight, self.plain.bias, 0 if mirrored else 1)  # type: ignore[no-untyped-call]
        return found


class _Convolution(torch.autograd.Function):
    """NNPACK convolution whose input gradient is also a convolution, with flipped kernels."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.padding = padding
        return _convolve(x, weight, bias, padding)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (weight,) = ctx.saved_tensors
        turned = weight.transpose(0, 1).flip(2, 3)
        if torch.is_grad_enabled():
            return nn.functional.conv2d(gradient, turned, padding=2 - ctx.padding), None, None, None
        padded = nn.functional.pad(gradient, [1 - ctx.padding] * 4)
        return _convolve(padded, turned.contiguous(), None, 1), None, None, None


def _convolve(x: Tensor, weight: Tensor, bias: Tensor | None, padding: int) -> Tensor:
    if x.is_meta:
        return nn.functional.conv2d(x, weight, bias, padding=padding)
    return torch._nnpack_spatial_convolution(x.contiguous(), weight, bias, [padding, padding])
