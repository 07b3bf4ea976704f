from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from brushwork.encoders import backends, encoder, load_encoder
from brushwork.encoders.native import autograd
from brushwork.encoders.native.fusion import NativeStep
from brushwork.encoders.native.library import has_matrix_units, load_library
from brushwork.encoders.native.row_pipeline import RowPipeline
from brushwork.images.geometry import Size
from tolerances import require_close, rounding

amx = pytest.mark.skipif(not has_matrix_units(), reason="needs a CPU with AMX, and kernels that were built for it")

DEEP = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")

STEP = 2.0**-9
"""Largest share by which rounding to the eight bits of bfloat16 changes a number."""

POOLS = {"none": None, "max": nn.MaxPool2d(2), "average": nn.AvgPool2d(2), "ceil": nn.AvgPool2d(2, ceil_mode=True)}


def _random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _expected(x, convolution, pool):
    """The rectified convolution of rounded numbers in float64, and the map that its gradient is of."""
    x = x.bfloat16().double().permute(0, 3, 1, 2).requires_grad_()
    mode = "reflect" if convolution.padding_mode == "reflect" else "constant"
    padded = functional.pad(x, (1, 1, 1, 1), mode=mode)
    found = functional.conv2d(padded, convolution.weight.bfloat16().double(), convolution.bias.double()).relu()
    return x, found if pool is None else pool(found)


@amx
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("shape", [(2, 11, 35, 64, 64), (1, 2, 2, 64, 64), (1, 3, 530, 64, 128), (1, 19, 9, 128, 64)])
def test_a_layer_is_that_of_rounded_numbers(padding, pool, shape):
    """Products of two numbers of eight bits are exact in float32, so that only its sums are rounded."""
    batch, rows, columns, inputs, outputs = shape
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode=padding).requires_grad_(False)
    x = _random(batch, rows, columns, inputs).relu()
    found, trace = autograd._step(x, NativeStep(convolution, POOLS[pool], None, in_bfloat16=True), keeps=True)
    seen, expected = _expected(x, convolution, POOLS[pool])
    require_close(found.permute(0, 3, 1, 2).double(), expected.detach(), rounding(9 * inputs))
    given, added = _random(*found.shape, seed=1), _random(*x.shape, seed=2)
    pulled = autograd._step_back(given, trace, added, over=False)
    expected.backward(given.bfloat16().double().permute(0, 3, 1, 2))
    require_close((pulled - added).permute(0, 3, 1, 2).double(), seen.grad, rounding(9 * outputs))


def _evaluate(network, image):
    leaf = image.clone().requires_grad_()
    features = network(leaf, DEEP)
    torch.autograd.backward(list(features.values()), [one.detach() / one.detach().norm() for one in features.values()])
    return features, leaf.grad


@amx
@pytest.mark.slow
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_features_and_gradient_of_the_network(padding):
    """At each layer the inputs and the weights are rounded; the roundings are independent, and add up as squares do."""
    network, image = load_encoder(padding=padding, engine="native"), torch.rand(1, 3, 40, 38)
    network.precision = "bf16"
    features, gradient = _evaluate(network, image)
    network.precision, network.engine = "full", "plain"
    expected, slope = _evaluate(network.double(), image.double())
    for layer, (name, feature) in enumerate(features.items(), start=1):
        assert feature.dtype == torch.float32
        layers = 1 + network.depth(name) // 2
        error = (feature - expected[name]).norm() / expected[name].norm()
        assert error < 2 * (2 * layers) ** 0.5 * STEP, (layer, name)
    assert functional.cosine_similarity(gradient.flatten().double(), slope.flatten(), dim=0) > 1 - 13 * 2 * STEP


@amx
def test_threads_change_nothing():
    network, image = load_encoder(padding="reflect", engine="native"), torch.rand(1, 3, 40, 44)
    network.precision = "bf16"
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(_evaluate(network, image)[1])
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*found)


@amx
def test_fast_is_bf16_here():
    network, image, found = load_encoder(engine="native"), torch.rand(1, 3, 20, 20), []
    for network.precision in ("bf16", "fast", "full"):
        found.append(network(image, ["relu1_2"])["relu1_2"])
    assert torch.equal(*found[:2]) and not torch.equal(*found[1:])


@amx
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_rows_are_those_of_the_whole(padding):
    network, image = load_encoder(padding=padding, engine="native"), torch.rand(1, 3, 40, 38)
    network.precision = "bf16"
    steps = network.native_steps(["relu2_1", "relu3_1"])
    assert all(step.in_bfloat16 for step in steps)
    stream, parts = RowPipeline(steps, Size(40, 38), image), {"relu2_1": [], "relu3_1": []}
    shown = network.preprocess(image)
    for bottom in (12, 24, 40):
        top = stream.first_needed_row
        for name, new in stream.forward_rows(shown[:, :, top:bottom], top, keeps=False).items():
            parts[name].append(new.feature)
    for name, feature in network(image, list(parts)).items():
        assert torch.equal(torch.cat(parts[name], 2), feature)


@amx
def test_first_layers_and_full_precision_are_not_rounded():
    network, image = load_encoder(engine="native"), torch.rand(1, 3, 20, 20)
    full = network(image, ["relu1_1", "relu1_2"])
    network.precision = "bf16"
    narrow = network(image, ["relu1_1", "relu1_2"])
    assert torch.equal(full["relu1_1"], narrow["relu1_1"])
    assert not torch.equal(full["relu1_2"], narrow["relu1_2"])


@pytest.mark.skipif(load_library() is None, reason="the kernels were not built")
def test_without_matrix_units_torch_computes_in_bfloat16(monkeypatch):
    for module in (backends, encoder):
        monkeypatch.setattr(module, "has_matrix_units", lambda: False)
    network = load_encoder(engine="native")
    network.precision = "bf16"
    assert network(torch.rand(1, 3, 20, 20), ["relu1_2"])["relu1_2"].dtype == torch.bfloat16
    assert network.native_steps(["relu1_2"]) is None
