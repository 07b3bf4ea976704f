from __future__ import annotations

import pytest
from torch import nn

from brushwork.encoders.alexnet import make_alexnet
from brushwork.encoders.googlenet import make_googlenet
from brushwork.encoders.native.fusion import fuse_steps
from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.vgg import make_vgg


def _steps(encoder, wanted):
    return fuse_steps(dict(encoder.stages.items()), wanted)


def test_pools_join_the_convolution_before_them():
    steps = _steps(make_vgg(16, make_caffe_preprocess()), ["relu2_1"])
    assert [(step.convolution is not None, step.pooling, step.layer) for step in steps] == [
        (True, 0, None),
        (True, 1, None),
        (True, 0, "relu2_1"),
    ]


def test_a_map_that_is_wanted_is_pooled_apart():
    steps = _steps(make_vgg(16, make_caffe_preprocess(), pooling="average"), ["relu1_2", "pool1"])
    assert [(step.convolution is not None, step.pooling, step.layer) for step in steps] == [
        (True, 0, None),
        (True, 0, "relu1_2"),
        (False, 2, "pool1"),
    ]


def test_the_chain_ends_at_the_deepest_layer():
    assert len(_steps(make_vgg(19, make_caffe_preprocess()), ["relu1_1"])) == 1


@pytest.mark.parametrize("build", [make_alexnet, make_googlenet])
def test_other_networks_are_no_chain(build):
    encoder = build(make_caffe_preprocess())
    assert _steps(encoder, [encoder.layers[-1]]) is None


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 64, 5, padding=2),
        nn.Conv2d(3, 64, 3, padding=1, stride=2),
        nn.Conv2d(3, 48, 3, padding=1),
        nn.Conv2d(3, 64, 3, padding=1, bias=False),
        nn.Conv2d(3, 64, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(3, 64, 3, padding=2, dilation=2),
        nn.Conv2d(1, 64, 3, padding=1),
    ],
)
def test_convolutions_of_another_kind(layer):
    assert fuse_steps({"conv": layer, "relu": nn.ReLU()}, ["relu"]) is None


@pytest.mark.parametrize("pool", [nn.MaxPool2d(3, 2), nn.AvgPool2d(2, divisor_override=3), nn.MaxPool2d(2, stride=1)])
def test_pools_of_another_kind(pool):
    stages = {"conv": nn.Conv2d(3, 64, 3, padding=1), "relu": nn.ReLU(), "pool": pool}
    assert fuse_steps(stages, ["pool"]) is None
