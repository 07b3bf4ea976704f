"""Features of the style at random positions, and those nearest to the content image's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders.encoder import Encoder
from brushwork.gradients.partition import Partition, full_features
from brushwork.images.geometry import Size
from brushwork.losses.hypercolumns import grid_size, stack_hypercolumns
from brushwork.losses.neighbors import nearest_columns, normalize_columns
from brushwork.losses.sampling import draw_columns
from brushwork.types import Feature, Image

SAMPLES, HYPERCOLUMNS = 2048, 8192
"""Number of positions drawn at each layer, and of hypercolumns, which are searched once, not at every step."""

ORIENTATIONS = 4
"""Number of rotations (0, 90, 180 and 270 degrees) in which the style image is encoded, as in NNST's program."""

Columns = Float[Tensor, "c _"]


class StyleSamples(NamedTuple):
    """Features of the style at random positions, drawn for each layer separately."""

    layers: Mapping[str, Columns]
    hypercolumns: Columns
    """Features of all layers at the same positions."""


@dataclass(frozen=True)
class SampledStyles:
    """Style images in four orientations, as features at random positions."""

    styles: Sequence[Image]
    weights: Sequence[float]
    """Each image's fraction of the positions; they sum to 1."""
    layers: Sequence[str]
    encoder: Encoder
    partition: Partition
    seed: int = 0

    @cached_property
    def samples(self) -> StyleSamples:
        """The features, computed on access, with the full maps of one orientation at a time in memory."""
        drawn = [
            self._draw(style.rot90(turn, (-2, -1)), weight / ORIENTATIONS)
            for style, weight in zip(self.styles, self.weights, strict=True)
            for turn in range(ORIENTATIONS)
        ]
        joined = {layer: torch.cat([one.layers[layer] for one in drawn], dim=1) for layer in self.layers}
        return StyleSamples(joined, torch.cat([one.hypercolumns for one in drawn], dim=1))

    def encode(self, image: Image) -> Sequence[Feature]:
        """Return the features of an image at every layer."""
        found = full_features(self.encoder, image, tuple(self.layers), self.partition)
        return [found[layer] for layer in self.layers]

    def _draw(self, image: Image, fraction: float) -> StyleSamples:
        features = self.encode(image.contiguous())
        whole = stack_hypercolumns(features, grid_size(Size.of(image)))
        each = {
            layer: draw_columns(one[0].flatten(1), round(SAMPLES * fraction), self.seed)
            for layer, one in zip(self.layers, features, strict=True)
        }
        return StyleSamples(each, draw_columns(whole[0].flatten(1), round(HYPERCOLUMNS * fraction), self.seed))


@dataclass(frozen=True)
class ContentMatch:
    """The style's nearest hypercolumn for each hypercolumn of a content image."""

    content: Image
    styles: SampledStyles

    @cached_property
    def features(self) -> Mapping[str, Feature]:
        """The nearest hypercolumns, at the positions of the content image's, split into layers."""
        grid, samples = grid_size(Size.of(self.content)), self.styles.samples
        queries = [
            stack_hypercolumns(self.styles.encode(one), grid)[0].flatten(1) for one in torch.split(self.content, 1)
        ]
        keys = normalize_columns(samples.hypercolumns)
        nearest = torch.stack([nearest_columns(normalize_columns(one), keys) for one in queries])
        parts = torch.split(samples.hypercolumns, [len(samples.layers[layer]) for layer in self.styles.layers])
        return {
            layer: part[:, nearest].transpose(0, 1).reshape(len(queries), len(part), *grid)
            for layer, part in zip(self.styles.layers, parts, strict=True)
        }
