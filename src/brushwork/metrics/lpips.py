"""LPIPS, the learned perceptual image patch similarity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from brushwork.encoders import Encoder, load_encoder
from brushwork.encoders.weights.find import find_weights
from brushwork.types import Feature, Image

LpipsName: TypeAlias = Literal["alexnet", "vgg16"]

LAYERS: Mapping[LpipsName, tuple[str, ...]] = {
    "alexnet": ("relu1", "relu2", "relu3", "relu4", "relu5"),
    "vgg16": ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"),
}
"""The layers of each network. Source: 1801.03924, section 4, and the authors' program."""

_EPS = 1e-10  # the authors' program


@dataclass(frozen=True)
class Lpips:
    """LPIPS distance: Σ_l mean_p Σ_c w_lc (f̂_lc(p) − ĝ_lc(p))² of two images' features f and g.

    f̂ and ĝ are normalized to unit length over the channels at each position. The network gets the inputs that it was
    trained on: the authors' shift and scale on [−1, 1] are torchvision's mean and std on [0, 1].

    Source: Zhang et al., 1801.03924, eq. 1, version 0.1.
    """

    encoder: Encoder
    layers: Sequence[str]
    weights: Sequence[Float[Tensor, "c"]]
    """Weights of the channels at each layer; 0 or more."""

    @classmethod
    def load(cls, name: LpipsName) -> Lpips:
        """Load the network and its linear layers from the cache.

        Raises: WeightsError: the weights are not on this machine; the message says how to get them.
        """
        return cls(load_encoder(name), LAYERS[name], list(find_weights(f"lpips-{name}").tensors.values()))

    def to(self, device: torch.device | str) -> Lpips:
        """Return the same distance on a device."""
        return Lpips(self.encoder.to(device), self.layers, [one.to(device) for one in self.weights])

    @torch.no_grad()
    def __call__(self, image: Image, reference: Image) -> float:
        """Return the distance between two images of the same size; 0 for equal images.

        Raises: InputError: the images are too small for the network.
        """
        features = self.encoder(torch.cat([image, reference]), self.layers)
        parts = zip(self.layers, self.weights, strict=True)
        return float(sum(_distance(features[layer], weights) for layer, weights in parts))


def _distance(pair: Feature, weights: Float[Tensor, "c"]) -> Tensor:
    unit = pair / (pair.square().sum(1, keepdim=True).sqrt() + _EPS)
    difference = (unit[0] - unit[1]).square()
    return torch.einsum("c,chw->hw", weights, difference).mean()
