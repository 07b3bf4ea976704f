"""torchvision's GoogLeNet → the names used here, with batch normalization folded into the convolutions."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from brushwork.perception.architectures import tensor_shapes

_EPSILON = 0.001
"""torchvision's, added to the variance."""

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


def fold_googlenet(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """w·γ/√(σ²+ε) and β − μ·γ/√(σ²+ε) for each convolution of GoogLeNet; nothing for other networks."""
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
    """`inception_3a.3x3` → `inception3a.branch2.1`."""
    if convolution in _STEM:
        return _STEM[convolution]
    block, branch = convolution.split(".")
    return f"{block.replace('_', '')}.{_BRANCHES[branch]}"
