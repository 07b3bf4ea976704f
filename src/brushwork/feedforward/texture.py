"""Textures of any size from feed-forward models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from brushwork.controls.inputs import RecipeInputs
from brushwork.devices.memory import available_memory
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.mgan import brown_noise
from brushwork.feedforward.networks.texture_net import NoiseName, TextureNetwork
from brushwork.feedforward.stylize import ModelOptions, ModelStylizer
from brushwork.feedforward.tiling.exact_norm import ExactNormPass
from brushwork.feedforward.tiling.graph import GraphNode, NetworkGraph
from brushwork.feedforward.tiling.trace import TracedTensor
from brushwork.images.geometry import Size
from brushwork.storage.mapped import empty_or_mapped
from brushwork.types import Image

_STRIP = 512 * 512
"""Pixels of a strip."""

_MAPS = 5.5
"""Number of maps as large as the widest layer's that exist at a time, at most."""

_LARGE = 2**25
"""Minimum bytes of a feature map that is stored in a file, if memory is limited."""


@torch.no_grad()
def generate_texture(network: TextureNetwork, size: Size, seed: int, device: torch.device) -> Image:
    """Return a texture of a size, in [0, 1], on the CPU; the same for the same seed.

    It tiles seamlessly if the sides are multiples of the network's stride, and at least two strides. Textures that do
    not fit into memory are generated strip by strip, to the same image, with feature maps in unnamed files.

    Raises: InputError: the network stylizes photographs.
    """
    network = network.to(device)
    left = available_memory(device)
    if left is None or texture_memory(network, size) <= left:
        drawn: Image = network(size=size, seed=seed)
    else:
        noise = network.sample_noise(network.padded_size(size), 1, torch.Generator().manual_seed(seed))
        drawn = generate_in_strips(network, noise, _STRIP)[..., : size.height, : size.width]
    return drawn.float().cpu().clamp(0, 1)


def texture_memory(network: TextureNetwork, size: Size) -> int:
    """Return the peak tensor memory of a texture generated whole, in bytes: about 1.1 kB per pixel."""
    widest = network.last.in_channels * network.last.weight.element_size()
    return round(_MAPS * widest * network.padded_size(size).area)


@torch.no_grad()
def generate_in_strips(network: TextureNetwork, noise: Sequence[NoiseName], area: int) -> Image:
    """Return the image generated from noise at every scale, in strips of about `area` pixels."""
    graph = _graph(network, noise)
    *_, drawn = ExactNormPass(graph, noise[-1], area, partial(empty_or_mapped, large=_LARGE)).compute()
    assert isinstance(drawn, Tensor)
    return drawn


def _graph(network: TextureNetwork, noise: Sequence[NoiseName]) -> NetworkGraph:
    """Return the network's graph as a function of the finest noise, with the other noise as constants."""
    nodes = [GraphNode(noise[-1].shape, None)]
    finest = TracedTensor.of(nodes, noise[-1])
    coarser = []
    for level in noise[:-1]:
        nodes.append(GraphNode(level.shape, level))
        coarser.append(TracedTensor.of(nodes, level))
    drawn = network.generate([*coarser, finest])
    assert isinstance(drawn, TracedTensor)
    return NetworkGraph(nodes[: drawn.number + 1])


def generate_mgan_texture(model: StyleModel, size: Size, seed: int, device: torch.device) -> Image:
    """Return a texture of a size, in [0, 1], on the CPU; the same for the same seed.

    It is computed in strips, as photographs are.

    Source: Li & Wand, 1604.04382, section 5.
    """
    noise = brown_noise(size, torch.Generator().manual_seed(seed)).to(device)
    network = model.network.to(device).requires_grad_(False)
    stylizer = ModelStylizer(ModelOptions(model=model.name), replace(model, network=network))
    *_, last = stylizer.stylize(RecipeInputs(noise), size)
    assert last.image is not None  # the last result holds the image
    return last.image.float().cpu()
