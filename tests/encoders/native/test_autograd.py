from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from brushwork.devices.meter import META, MemoryMeter, to_meta
from brushwork.encoders.load import load_encoder
from brushwork.losses.moments import gram
from tolerances import ONE_DECISION, THROUGH_VGG, rounding

DEEP = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")
BEFORE_POOLS = ("relu1_2", "pool2", "relu3_4", "pool4")

pytestmark = pytest.mark.usefixtures("compiled")


def _error(mine, theirs):
    return float((mine - theirs).norm() / theirs.norm())


def _evaluate(encoder, picture, layers, engine, dtype=torch.float32):
    """The features and the gradient of a loss in which every layer counts."""
    encoder.engine = engine
    image = picture.to(dtype).clone().requires_grad_()
    features = encoder.to(dtype)(image, layers)
    sum(feature.square().mean() / feature.detach().square().mean() for feature in features.values()).backward()
    return {name: feature.detach() for name, feature in features.items()}, image.grad


def _picture(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def _agree(encoder, shape, layers, limit=THROUGH_VGG):
    """Features, and the gradient of one of three pictures at least.

    Where the input of a rectification is zero but for rounding, it may decide otherwise, and the gradient jumps: rare
    on a small picture; a mistake would show on each.
    """
    errors = []
    for seed in range(3):
        features, gradient = _evaluate(encoder, _picture(*shape, seed=seed), layers, "native")
        true_features, true = _evaluate(encoder, _picture(*shape, seed=seed), layers, "plain", torch.float64)
        encoder.float()
        for name, feature in features.items():
            assert feature.shape == true_features[name].shape
            assert _error(feature, true_features[name]) < limit
        errors.append(_error(gradient, true))
        if errors[-1] < 2 * limit:
            return
    pytest.fail(f"gradients differ by {errors}")


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("ceil", [False, True])
def test_features_and_gradient_equal_the_plain_ones(padding, pooling, ceil):
    encoder = load_encoder(padding=padding, pooling=pooling, ceil=ceil)
    _agree(encoder, (2, 3, 37, 51), DEEP)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [BEFORE_POOLS, ("relu1_1",), ("pool1",), ("relu1_2", "pool1", "relu2_1")])
@pytest.mark.parametrize("pooling", ["max", "average"])
def test_any_layers(layers, pooling):
    encoder = load_encoder(pooling=pooling, padding="reflect", ceil=True)
    _agree(encoder, (1, 3, 35, 42), layers)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(2, 2), (2, 9), (5, 3), (7, 13), (16, 33)])
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_small_and_odd_sizes(size, padding):
    encoder = load_encoder(padding=padding)
    _agree(encoder, (1, 3, *size), ("relu1_2",), rounding(9 * 64, layers=2))


@pytest.mark.slow
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_large_tiles_of_the_backward_pass(padding):
    """Maps of 96 cells and more. Of a million rectifications a few decide otherwise, for some pixels each.

    One is a thousandth of the whole: a hundred of them may.
    """
    encoder = load_encoder(padding=padding)
    picture = _picture(1, 3, 97, 103, seed=3)
    gradient = _evaluate(encoder, picture, ("relu1_1", "relu2_1"), "native")[1]
    true = _evaluate(encoder, picture, ("relu1_1", "relu2_1"), "plain", torch.float64)[1]
    differences = (gradient - true).abs() / true.square().mean().sqrt()
    assert differences.flatten().quantile(0.99) < 2 * rounding(9 * 64, layers=3)
    assert _error(gradient, true) < ONE_DECISION


@pytest.mark.slow
def test_layers_without_a_gradient():
    encoder = load_encoder()
    encoder.engine = "native"
    image = _picture(1, 3, 33, 34, seed=4).requires_grad_()
    features = encoder(image, DEEP)
    features["relu3_1"].square().sum().backward()
    alone = image.detach().clone().requires_grad_()
    encoder(alone, ["relu3_1"])["relu3_1"].square().sum().backward()
    assert torch.equal(image.grad, alone.grad)


@pytest.mark.slow
def test_nothing_is_kept_without_a_gradient():
    encoder = load_encoder()
    encoder.engine = "native"
    with MemoryMeter() as meter:
        feature = to_meta(encoder)(torch.empty(1, 3, 64, 64, device=META), ["relu1_2"])["relu1_2"]
    assert meter.live < 2 * feature.nbytes


def test_second_derivatives_are_those_of_the_plain_path():
    encoder = load_encoder()
    found = []
    for engine in ("native", "plain"):
        encoder.engine = engine
        image = _picture(1, 3, 16, 17, seed=5).requires_grad_()
        loss = encoder(image, ["relu2_1"])["relu2_1"].square().sum()
        (first,) = torch.autograd.grad(loss, image, create_graph=True)
        first.square().sum().backward()
        found.append(image.grad)
    assert _error(*found) < 4 * rounding(9 * 128, layers=3)  # there and back, twice


@pytest.mark.slow
def test_two_threads_compute_what_one_does(encoder_and_picture):
    encoder, picture = encoder_and_picture
    encoder.engine = "native"
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            image = picture.clone().requires_grad_()
            features = encoder(image, DEEP)
            torch.autograd.backward(list(features.values()), [torch.ones_like(one) for one in features.values()])
            found.append(image.grad)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_the_rehearsal_takes_the_memory_of_the_real_thing(encoder_and_picture):
    """On `meta` the same tensors are made: features and masks are held, but no maps between."""
    encoder, picture = encoder_and_picture
    encoder.engine = "native"
    eye = to_meta(encoder)
    image = torch.empty_like(picture, device=META).requires_grad_()
    eye(image, DEEP)  # lays the kernels out
    with MemoryMeter() as meter:
        features = eye(image, DEEP)
        held, live = sum(feature.nbytes for feature in features.values()), meter.live
        sum(feature.sum() for feature in features.values()).backward()
    assert held < live < 1.2 * held
    assert meter.peak > live
    assert image.grad.shape == picture.shape


def test_half_precision_and_doubles_go_the_plain_way(encoder_and_picture):
    encoder, picture = encoder_and_picture
    features = _evaluate(encoder, picture, DEEP, "native", torch.float64)[0]
    plain = _evaluate(encoder, picture, DEEP, "plain", torch.float64)[0]
    encoder.float()
    assert all(torch.equal(features[name], plain[name]) for name in DEEP)


def test_kernels_follow_the_weights():
    encoder = deepcopy(load_encoder())  # the weights of others stay
    encoder.engine = "native"
    encoder(_picture(1, 3, 20, 20), ["relu1_2"])
    with torch.no_grad():
        encoder.stages["conv1_2"].weight.mul_(0.5)
    _agree(encoder, (1, 3, 20, 20), ("relu1_2",))


@pytest.fixture
def encoder_and_picture():
    encoder = load_encoder(padding="reflect")
    return encoder, _picture(1, 3, 40, 44, seed=7)


def test_gradients_that_others_hold_are_not_written_over():
    """The engine adds up gradients in the memory of those that it is given, unless somebody else still needs them."""
    encoder = load_encoder("vgg19", engine="native")
    image = torch.rand(1, 3, 160, 160, requires_grad=True)
    features = encoder(image, ["relu1_1", "relu2_1"])
    loss = sum(gram(feature).square().sum() for feature in features.values())
    inputs = [image, features["relu1_1"]]
    together = torch.autograd.grad(loss, inputs, retain_graph=True)
    alone = [torch.autograd.grad(loss, one, retain_graph=True)[0] for one in inputs]
    assert all(torch.equal(one, other) for one, other in zip(together, alone, strict=True))
