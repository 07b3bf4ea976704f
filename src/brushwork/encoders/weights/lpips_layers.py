"""Linear layers of LPIPS: the weight of each channel when a network compares two images."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from brushwork.encoders.weights.convert import KERNEL_AXES, ConvertedWeights, natural_key
from brushwork.errors import WeightsError

LINEAR_LAYERS: Mapping[str, tuple[int, ...]] = {
    "LPIPS of AlexNet": (64, 192, 384, 256, 256),
    "LPIPS of VGG-16": (64, 128, 256, 512, 512),
}
"""Name → numbers of channels of the five layers. Source: Zhang et al., 1801.03924, as published (version 0.1)."""


def linear_shapes(kind: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor of these linear layers by name, in order."""
    return {f"linear{index}": (channels,) for index, channels in enumerate(LINEAR_LAYERS[kind], start=1)}


def without_linear(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return all tensors except the linear layers."""
    linear = _linear(tensors)
    return {name: tensor for name, tensor in tensors.items() if name not in linear}


def convert_linear(tensors: Mapping[str, Tensor], origin: str) -> ConvertedWeights | None:
    """Return the linear layers among the tensors, in float32; None if there are none.

    `origin` names the tensors in errors. Tensors may have Flax's names (`NetLinLayer_0/Conv_0/kernel`) or those of the
    authors' own files (`lin0.model.1.weight`).

    Raises: WeightsError: unknown linear layers, or values that are not finite.
    """
    found = _linear(tensors)
    if not found:
        return None
    channels = tuple(len(weights) for weights in found.values())
    kinds = [kind for kind, known in LINEAR_LAYERS.items() if known == channels]
    if not kinds:
        raise WeightsError(
            f"{origin} holds linear layers over {', '.join(map(str, channels))} channels, which match no supported "
            f"network: expected {' or '.join(LINEAR_LAYERS)}."
        )
    if not all(weights.isfinite().all() for weights in found.values()):
        raise WeightsError(f"{origin} is damaged: its linear layers hold values that are not finite.")
    return ConvertedWeights(kinds[0], dict(zip(linear_shapes(kinds[0]), found.values(), strict=True)), "torchvision")


def _linear(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return each linear layer's weights, one for each channel, by the layer's original name.

    The layers are the 1×1 convolutions to a single channel, in the natural order of their names.
    """
    found = {}
    for name in sorted(tensors, key=natural_key):
        tensor = tensors[name]
        if tensor.dim() != len(KERNEL_AXES):
            continue
        weight = tensor.permute(KERNEL_AXES) if name.endswith("kernel") else tensor
        if weight.shape[0] == 1 and weight.shape[2:] == (1, 1):
            found[name] = weight.to(torch.float32).flatten().clone()
    return found
