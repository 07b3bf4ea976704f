"""VGG-19 as its authors trained it, out of the activation-normalized one.

Activations are positively homogeneous, so normalizing only divided each channel by a number s. A bias was divided
by it too, hence s = b / b_norm, and W = W_norm · s_out / s_in. The original biases b are shipped with the package
(22 KB; `scripts/derive_vgg19_scales.py` made the table and shows how exact this is).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import safetensors.torch
import torch
from torch import Tensor

_TABLE = "vgg19_biases.safetensors"


def denormalize_vgg19(normalized: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The original weights, exact to a rounding of float32, and the original biases."""
    biases = safetensors.torch.load(files(__package__).joinpath(_TABLE).read_bytes())
    found = {}
    incoming = torch.ones(3, dtype=torch.float64)
    for name in sorted(biases):
        convolution = name.removesuffix(".bias")
        outgoing = biases[name].double() / normalized[name].double()
        weight = normalized[f"{convolution}.weight"].double()
        found[f"{convolution}.weight"] = (weight * outgoing.view(-1, 1, 1, 1) / incoming.view(-1, 1, 1)).float()
        found[name] = biases[name]
        incoming = outgoing
    return found
