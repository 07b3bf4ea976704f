from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import build_encoder, tensor_shapes
from brushwork.encoders.weights.convert import convert_weights, fold_googlenet
from brushwork.errors import WeightsError
from tolerances import SINGLE

VGG = ("VGG-16", "VGG-19")


def numbered(architecture):
    """Tensors of a VGG or an AlexNet whose values tell them apart, without their memory."""
    return {
        name: torch.full((1,), float(index)).expand(shape)
        for index, (name, shape) in enumerate(tensor_shapes(architecture).items())
    }


def renamed(tensors, rename):
    """Under other names, the convolutions counted from 0, in alphabetical order as files have them."""
    convolutions = list(dict.fromkeys(name.rpartition(".")[0] for name in tensors))
    found = {
        rename(convolutions.index(stem), stem, kind): tensor
        for (stem, _, kind), tensor in ((name.rpartition("."), tensor) for name, tensor in tensors.items())
    }
    return dict(sorted(found.items()))


STYLES = {
    "own": (lambda _, stem, kind: f"{stem}.{kind}", "caffe"),
    "caffe": (lambda _, stem, kind: f"{stem}.0.{kind}", "caffe"),
    "torchvision": (lambda index, _, kind: f"features.{index * 2}.{kind}", "torchvision"),
    "parallel": (lambda index, _, kind: f"features.module.{index * 2}.{kind}", "torchvision"),
    "sequential": (lambda index, _, kind: f"{index * 3 + 2}.{kind}", "caffe"),
    "keras": (lambda _, stem, kind: f"{stem.replace('conv', 'block').replace('_', '_conv')}.{kind}", "caffe"),
}


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("architecture", VGG)
def test_vgg_is_known_by_its_shapes_under_all_the_usual_names(architecture, style):
    rename, convention = STYLES[style]
    tensors = numbered(architecture)
    found = convert_weights({**renamed(tensors, rename), "classifier.0.weight": torch.ones(2, 2)}, "a file")
    assert (found.architecture, found.preprocessing) == (architecture, convention)
    assert list(found.tensors) == list(tensors)
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in tensors.items())


def test_alexnet_from_torchvision_and_from_flax(alexnet_tensors):
    ours = dict(alexnet_tensors)
    theirs = renamed(ours, lambda index, _, kind: f"features.{index * 3}.{kind}")
    flax = {
        f"AlexNet_0/Conv_{name[4]}/{'kernel' if name.endswith('weight') else 'bias'}": tensor.permute(2, 3, 1, 0)
        if tensor.dim() == 4
        else tensor
        for name, tensor in ours.items()
    }
    for tensors in (theirs, flax | {"NetLinLayer_0/Conv_0/kernel": torch.ones(1, 1, 64, 1)}):
        found = convert_weights(tensors, "a file")
        assert (found.architecture, found.preprocessing) == ("AlexNet", "torchvision")
        assert all(torch.equal(found.tensors[name], tensor) for name, tensor in ours.items())
        assert all(tensor.is_contiguous() for tensor in found.tensors.values())


def test_fully_connected_layers_written_as_convolutions_are_left_away():
    tensors = {**numbered("VGG-16"), "fc6.weight": torch.ones(2, 512, 7, 7), "fc6.bias": torch.ones(2)}
    theirs = renamed(tensors, lambda index, _, kind: f"{index}.{kind}")
    assert convert_weights(theirs, "a file").architecture == "VGG-16"


def test_half_precision_becomes_float32(alexnet_tensors):
    found = convert_weights({name: tensor.half() for name, tensor in alexnet_tensors.items()}, "a file")
    assert {tensor.dtype for tensor in found.tensors.values()} == {torch.float32}


def test_caffes_preprocessing_in_front_is_dropped_and_another_is_refused():
    flipped = torch.eye(3).flip(0).mul(255).view(3, 3, 1, 1)
    front = {"0.weight": flipped, "0.bias": -torch.tensor([103.939, 116.779, 123.68])}
    tensors = renamed(numbered("VGG-19"), lambda index, _, kind: f"{index * 3 + 2}.{kind}")
    assert convert_weights({**front, **tensors}, "a file").architecture == "VGG-19"
    with pytest.raises(WeightsError, match=r"a file begins with a 1×1 convolution that is not"):
        convert_weights({**front, "0.weight": flipped.flip(0), **tensors}, "a file")


def test_batch_normalized_vgg_is_refused():
    tensors = renamed(numbered("VGG-16"), lambda index, _, kind: f"features.{index * 3}.{kind}")
    with pytest.raises(WeightsError, match="a file holds batch normalization"):
        convert_weights({**tensors, "features.1.running_mean": torch.ones(64)}, "a file")


def test_weights_that_are_not_finite_are_refused(alexnet_tensors):
    broken = {**alexnet_tensors, "conv3.bias": torch.full((384,), float("nan"))}
    with pytest.raises(WeightsError, match=r"a file is damaged: conv3\.bias"):
        convert_weights(broken, "a file")


@pytest.mark.parametrize("lacking", ["conv5.weight", "conv1.bias"])
def test_part_of_a_network_is_refused(alexnet_tensors, lacking):
    part = {name: tensor for name, tensor in alexnet_tensors.items() if name != lacking}
    with pytest.raises(
        WeightsError, match=r"a file holds 4 convolutions, which match no supported network.* VGG-19, VGG-16, AlexNet"
    ):
        convert_weights(part, "a file")


BRANCHES = {"branch1": 1, "branch2.0": 1, "branch2.1": 3, "branch3.0": 1, "branch3.1": 3, "branch4.1": 1}
BLOCKS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
STEM = ("conv1", "conv2", "conv3")


@pytest.fixture(scope="module")
def torchvisions():
    """A random state_dict of torchvision's GoogLeNet."""
    names = [*STEM, *(f"inception{block}.{branch}" for block in BLOCKS for branch in BRANCHES)]
    weights = [shape for name, shape in tensor_shapes("GoogLeNet").items() if name.endswith("weight")]
    generator = torch.Generator().manual_seed(0)
    state = {"fc.weight": torch.ones(3, 1024), "aux1.conv.conv.weight": torch.ones(128, 512, 1, 1)}
    for name, shape in zip(names, weights, strict=True):
        fan_in = torch.Size(shape[1:]).numel()
        state[f"{name}.conv.weight"] = torch.randn(shape, generator=generator) * (2 / fan_in) ** 0.5
        for part, lowest in (("weight", 0.5), ("bias", -0.5), ("running_mean", -0.5), ("running_var", 0.5)):
            state[f"{name}.bn.{part}"] = lowest + torch.rand(shape[:1], generator=generator)
        state[f"{name}.bn.num_batches_tracked"] = torch.tensor(7)
    return state


def forward_of_torchvision(state, image):
    """inception_3a and inception_5b, from torchvision's documentation of its network, unfolded."""

    def convolution(name, x, **options):
        x = functional.conv2d(x, state[f"{name}.conv.weight"], **options)
        normalization = (state[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.relu(functional.batch_norm(x, *normalization, eps=0.001))

    def block(name, x):
        return torch.cat(
            [
                convolution(f"{name}.branch1", x),
                convolution(f"{name}.branch2.1", convolution(f"{name}.branch2.0", x), padding=1),
                convolution(f"{name}.branch3.1", convolution(f"{name}.branch3.0", x), padding=1),
                convolution(f"{name}.branch4.1", functional.max_pool2d(x, 3, 1, 1, ceil_mode=True)),
            ],
            dim=1,
        )

    x = functional.max_pool2d(convolution("conv1", 2 * image - 1, stride=2, padding=3), 3, 2, ceil_mode=True)
    x = functional.max_pool2d(convolution("conv3", convolution("conv2", x), padding=1), 3, 2, ceil_mode=True)
    layers = {}
    for name in BLOCKS:
        x = functional.max_pool2d(x, 3, 2, ceil_mode=True) if name == "4a" else x
        x = functional.max_pool2d(x, 2, 2, ceil_mode=True) if name == "5a" else x
        x = layers[f"inception_{name}"] = block(f"inception{name}", x)
    return layers


def test_googlenet_says_what_torchvisions_says(torchvisions):
    found = convert_weights(torchvisions, "a file")
    assert (found.architecture, found.preprocessing) == ("GoogLeNet", "signed")
    encoder = build_encoder(found.architecture, found.tensors, make_preprocess(found.preprocessing), "max", "zeros")
    image = torch.rand(1, 3, 75, 90, generator=torch.Generator().manual_seed(1)).double()
    theirs = forward_of_torchvision({name: one.double() for name, one in torchvisions.items()}, image)
    ours = encoder.double()(image, theirs)
    for layer, feature in theirs.items():  # the folded weights are kept in float32
        assert (ours[layer] - feature).abs().max() < SINGLE * feature.abs().max(), layer


@pytest.mark.parametrize("lacking", ["inception4c.branch3.0.conv.weight", "conv1.bn.bias"])
def test_part_of_googlenet_is_no_googlenet(torchvisions, lacking):
    part = {name: tensor for name, tensor in torchvisions.items() if name != lacking}
    assert fold_googlenet(part) == {}
    with pytest.raises(WeightsError, match="a file"):
        convert_weights(part, "a file")
