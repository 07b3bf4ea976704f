"""Where a network is read to judge."""

from __future__ import annotations

from typing import NamedTuple

from brushwork.errors import InputError
from brushwork.perception import Encoder


class MetricLayers(NamedTuple):
    """The taps at which pictures are compared."""

    content: str
    """Deep, where a photograph's arrangement is kept and its texture forgotten."""
    style: tuple[str, ...]
    """One for each scale of texture."""
    positions: str
    """Before the second pooling, where single cells are compared, as SIFID does."""

    @property
    def all_layers(self) -> tuple[str, ...]:
        """All of them, without repetition."""
        return tuple(dict.fromkeys((self.content, *self.style, self.positions)))


_VGG = MetricLayers("conv4_2", ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"), "conv2_2")
_ALEXNET = MetricLayers("conv4", ("conv1", "conv2", "conv3", "conv4", "conv5"), "conv2")
_GOOGLENET = MetricLayers(
    "inception_4a", ("conv1/7x7_s2", "conv2/3x3", "inception_3a", "inception_4a", "inception_5a"), "conv2/3x3"
)


def metric_layers(encoder: Encoder) -> MetricLayers:
    """Where a network of a known kind is read.

    Raises: InputError: another kind.
    """
    for one in (_VGG, _ALEXNET, _GOOGLENET):
        if all(_has(encoder, layer) for layer in one.all_layers):
            return one
    raise InputError(f"{encoder.name} cannot judge: give a VGG, AlexNet or GoogLeNet, or a viewpoint with its taps.")


def _has(encoder: Encoder, layer: str) -> bool:
    try:
        encoder.layer(layer)
    except InputError:
        return False
    return True
