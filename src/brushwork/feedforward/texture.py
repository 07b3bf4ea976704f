"""Textures of any size from texture models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor

from brushwork.controls.inputs import RecipeInputs
from brushwork.errors import InputError
from brushwork.feedforward.inference import PartialResult
from brushwork.feedforward.model import load_model
from brushwork.feedforward.networks.texture_net import Noise
from brushwork.feedforward.options import TextureModelOptions
from brushwork.feedforward.stylize import LoadedModel
from brushwork.feedforward.tiling.exact_norm import ExactNormPass, make_buffers
from brushwork.feedforward.tiling.graph import GraphNode, NetworkGraph
from brushwork.feedforward.tiling.trace import TracedTensor
from brushwork.images.geometry import Size
from brushwork.storage.file_names import to_command_line
from brushwork.types import Image

_LARGE = 2**25
"""Minimum bytes of a feature map stored in a file, if memory is limited."""

NO_CONTENT = torch.empty(1, 3, 0, 0)
"""The content image of a texture."""


class TextureGenerator(Protocol):
    """A network that generates textures from noise."""

    def padded_size(self, size: Size) -> Size:
        """Return the size at which a texture is generated before cropping."""

    def noise_shapes(self, size: Size, count: int) -> list[tuple[int, int, int, int]]:
        """Return the shapes of the noise, coarse to fine."""

    def sample_noise(self, size: Size, count: int, generator: torch.Generator) -> Sequence[Noise]:
        """Return fresh noise of these shapes, on the network's device."""

    def generate(self, noise: Sequence[Noise]) -> Image:
        """Return the textures generated from noise."""


@dataclass(frozen=True)
class TextureStylizer(LoadedModel):
    """Generates textures with a texture model, from noise in place of a content image."""

    options: TextureModelOptions

    @torch.no_grad()
    def stylize(self, images: RecipeInputs, canvas: Size, side: int | None = None) -> Iterator[PartialResult]:
        """Generate a texture; see `Stylizer`. Tiles are strips of about `side`² pixels."""
        network = cast("TextureGenerator", self.model.network)
        noise, drawn = self._noise(network, canvas), None
        if side is None:
            drawn = network.generate(noise)
        for part in () if side is None else generate_in_strips(network, noise, side**2):
            if isinstance(part, Tensor):
                drawn = part
            else:
                yield PartialResult(part)
        assert drawn is not None  # strips end with the image
        yield PartialResult(1.0, drawn[..., : canvas.height, : canvas.width].float().clamp(0, 1))

    def _noise(self, network: TextureGenerator, canvas: Size) -> Sequence[Noise]:
        size, weight = network.padded_size(canvas), next(self.model.network.parameters())
        if weight.is_meta:
            return [torch.empty(shape, device=weight.device) for shape in network.noise_shapes(size, 1)]
        return network.sample_noise(size, 1, torch.Generator().manual_seed(self.options.seed))


@torch.no_grad()
def generate_in_strips(network: TextureGenerator, noise: Sequence[Noise], area: int) -> Iterator[float | Image]:
    """Generate an image from noise at every scale, in strips of about `area` pixels, with large feature maps in files.

    Yields the fraction of the work done, and finally the image.
    """
    graph = _graph(network, noise)
    yield from ExactNormPass(graph, noise[-1], area, make_buffers(graph, _LARGE)).compute()


def _graph(network: TextureGenerator, noise: Sequence[Noise]) -> NetworkGraph:
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


def load_texture_stylizer(options: TextureModelOptions, device: torch.device) -> TextureStylizer:
    """Load the model onto a device.

    Raises: InputError: there is no model, or it does not generate textures.
    """
    model = load_model(options.model)
    if "texture" not in model.spec.purposes:
        raise InputError(
            f"{model.name} stylizes photographs and cannot generate textures; try "
            f"{to_command_line(['brushwork', 'paint', 'PHOTO', '--model', options.model])}"
        )
    return TextureStylizer(options, model.to(device))
