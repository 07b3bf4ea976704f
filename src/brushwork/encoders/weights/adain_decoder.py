"""Names and shapes of the weights of AdaIN's decoder, which maps VGG-19 features at relu4_1 to an image.

Source: Huang & Belongie, 1703.06868, section 5: "the decoder mostly mirrors the encoder".
"""

from __future__ import annotations

DECODER = "AdaIN decoder"
"""Architecture name of the decoder, next to those of encoders such as VGG-19."""

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
"""3×3 convolutions in order: name (that of its mirror in VGG-19), channels in, channels out."""

_SIDE = 3


def decoder_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor by name, in order."""
    found: dict[str, tuple[int, ...]] = {}
    for name, inputs, outputs in LAYERS:
        found |= {f"{name}.weight": (outputs, inputs, _SIDE, _SIDE), f"{name}.bias": (outputs,)}
    return found
