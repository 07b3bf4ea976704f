"""Normalize a network's activations, as Gatys et al. did with VGG-19."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from brushwork.encoders.encoder import Encoder
from brushwork.errors import InputError
from brushwork.images.color_transfer import exact
from brushwork.types import Image

_DEAD = 1e-6
"""Fraction of a layer's mean activation; a channel whose mean activation is lower counts as dead.

Dead channels are not normalized.
"""

_HOMOGENEOUS = (nn.MaxPool2d, nn.AvgPool2d)


@torch.no_grad()
def normalize_activations(encoder: Encoder, images: Iterable[Image]) -> Encoder:
    """Return a copy of the network in which each filter's mean activation over images and positions is 1.

    W_l[i] / m_l[i], b_l[i] / m_l[i], W_{l+1}[:, i] · m_l[i], where m is the mean rectified activation. Rectification
    and pooling are positively homogeneous, so each activation is only divided by its m. Dead channels are unchanged.

    Raises: InputError: no images, or a network that is not a chain of convolutions, rectifications and pools.

    Source: CVPR 2016, §2 (which does not say which images).
    """
    pairs = _pairs(encoder)
    means = _mean_activations(encoder, images, set(pairs.values()))
    normalized = copy.deepcopy(encoder)
    incoming = torch.ones(1, dtype=torch.float64)
    for convolution, rectification in pairs.items():
        outgoing = _scales(means[rectification])
        _rescale(normalized.stages[convolution], incoming, outgoing)
        incoming = outgoing
    return normalized


def _pairs(encoder: Encoder) -> dict[str, str]:
    """Return the mapping from each convolution's name to the name of its rectification."""
    pairs: dict[str, str] = {}
    waiting = None
    for name, stage in encoder.stages.items():
        if isinstance(stage, nn.Conv2d) and type(stage) is nn.Conv2d and waiting is None:
            waiting = name
        elif isinstance(stage, nn.ReLU) and waiting is not None:
            pairs[waiting], waiting = name, None
        elif not isinstance(stage, _HOMOGENEOUS):
            raise InputError(
                f"{encoder.name} cannot be normalized: it is not a plain sequence of layers, as VGG and AlexNet are."
            )
    return pairs


def _mean_activations(encoder: Encoder, images: Iterable[Image], names: set[str]) -> Mapping[str, Tensor]:
    sums = {name: torch.zeros(1, dtype=torch.float64) for name in names}
    positions = dict.fromkeys(names, 0)
    for image in images:
        x = encoder.preprocess(image)
        for name, stage in encoder.stages.items():
            x = stage(x)
            if name in names:
                here = x.cpu() if x.device.type == "mps" else x  # MPS has no float64
                sums[name] = sums[name].to(here.device) + here.sum(dim=(0, 2, 3), dtype=torch.float64)
                positions[name] += x[:, 0].numel()
    if not all(positions.values()):
        raise InputError("no image was given to normalize activations on: give at least one, of 32 pixels or more.")
    return {name: exact(sums[name] / positions[name]) for name in names}


def _scales(means: Tensor) -> Tensor:
    """Return m for active channels, 1 for dead ones."""
    return torch.where(means > _DEAD * means.mean(), means, 1.0)


def _rescale(convolution: nn.Module, incoming: Tensor, outgoing: Tensor) -> None:
    """Compute W · m_in / m_out and b / m_out, in place."""
    for parameter in convolution.parameters():
        is_bias = parameter.dim() == 1
        gain = 1 / outgoing if is_bias else incoming.view(-1, 1, 1) / outgoing.view(-1, 1, 1, 1)
        parameter.copy_(exact(parameter) * gain)
