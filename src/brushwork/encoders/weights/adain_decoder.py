"""The weights of AdaIN's decoder, which paints what VGG-19 sees at relu4_1: their names and shapes.

Source: Huang & Belongie, 1703.06868, section 5: "the decoder mostly mirrors the encoder".
"""

from __future__ import annotations

DECODER = "AdaIN decoder"
"""What it is called where networks that look are called VGG-19."""

LAYERS = (
    ("conv4_1", 512, 256),
    ("conv3_4", 256, 256),
    ("conv3_3", 256, 256),
    ("conv3_2", 256, 256),
    ("conv3_1", 256, 128),
    ("conv2_2", 128, 128),
    ("conv2_1", 128, 64),
    ("conv1_2", 64, 64),
    ("conv1_1", 64, 3),
)
"""Convolutions 3×3 in their order, each named after the one of VGG-19 that it mirrors: channels in, channels out."""

_SIDE = 3


def decoder_shapes() -> dict[str, tuple[int, ...]]:
    """Name → shape of every tensor, in their order."""
    found: dict[str, tuple[int, ...]] = {}
    for name, inputs, outputs in LAYERS:
        found |= {f"{name}.weight": (outputs, inputs, _SIDE, _SIDE), f"{name}.bias": (outputs,)}
    return found
