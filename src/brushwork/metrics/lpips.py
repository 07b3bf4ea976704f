"""LPIPS, the learned perceptual distance."""

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
"""Where the networks are read. Source: 1801.03924, section 4, and the authors' program."""

_EPS = 1e-10  # the authors' program


@dataclass(frozen=True)
class Lpips:
    """Σ_l mean_p Σ_c w_lc (f̂_lc(p) − ĝ_lc(p))², the features f, g of two pictures with unit length at each cell.

    The network is shown what it was trained on: the authors' shift and scale on [−1, 1] are torchvision's mean and
    deviation on [0, 1].

    Source: Zhang et al., 1801.03924, eq. 1, version 0.1.
    """

    encoder: Encoder
    layers: Sequence[str]
    weights: Sequence[Float[Tensor, "c"]]
    """Of the channels, at each tap; 0 or more."""

    @classmethod
    def load(cls, name: LpipsName) -> Lpips:
        """The network and its linear layers, out of the cache.

        Raises: WeightsError: they are not on this machine; the message says how they get there.
        """
        return cls(load_encoder(name), LAYERS[name], list(find_weights(f"lpips-{name}").tensors.values()))

    def to(self, device: torch.device | str) -> Lpips:
        """The same on a device."""
        return Lpips(self.encoder.to(device), self.layers, [one.to(device) for one in self.weights])

    @torch.no_grad()
    def __call__(self, image: Image, reference: Image) -> float:
        """The distance of two pictures of one size; 0 for equal ones.

        Raises: InputError: pictures that are too small for the network.
        """
        features = self.encoder(torch.cat([image, reference]), self.layers)
        parts = zip(self.layers, self.weights, strict=True)
        return float(sum(_distance(features[layer], weights) for layer, weights in parts))


def _distance(pair: Feature, weights: Float[Tensor, "c"]) -> Tensor:
    unit = pair / (pair.square().sum(1, keepdim=True).sqrt() + _EPS)
    difference = (unit[0] - unit[1]).square()
    return torch.einsum("c,chw->hw", weights, difference).mean()
