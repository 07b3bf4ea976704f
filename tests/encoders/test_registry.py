from __future__ import annotations

import pytest
import torch

from brushwork.encoders.preprocess import make_preprocess
from brushwork.encoders.registry import ARCHITECTURES, build_encoder, tensor_shapes
from brushwork.errors import InputError
from tolerances import DOUBLE

BUILDS = [
    (name, pooling, padding)
    for name in ARCHITECTURES
    for pooling in ("max", "average")
    for padding in ("zeros", "reflect", "replicate-first")
]


def parameters(name):
    return sum(torch.Size(shape).numel() for shape in tensor_shapes(name).values())


def on_meta(name, **options):
    convention = make_preprocess("torchvision").to("meta")
    with torch.device("meta"):
        return ARCHITECTURES[name](convention, **options)


def test_parameter_counts_are_those_of_the_papers():
    """Without the fully connected layers. torchvision's GoogLeNet has γ and β where this has a bias, 7280 of each."""
    assert {name: parameters(name) for name in ARCHITECTURES} == {
        "VGG-19": 20_024_384,
        "VGG-16": 14_714_688,
        "AlexNet": 2_469_696,
        "CaffeNet": 2_334_080,
        "GoogLeNet": 6_624_904 - 1_025_000 - 7_280,
        "GoogLeNet-Caffe": 6_998_552 - 1_025_000,
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("VGG-16", {"relu1_2": (64, 224), "conv3_3": (256, 56), "relu4_3": (512, 28), "pool5": (512, 7)}),
        ("AlexNet", {"relu1": (64, 55), "pool1": (64, 27), "conv2": (192, 27), "relu3": (384, 13), "pool5": (256, 6)}),
        ("CaffeNet", {"conv1": (96, 54), "norm1": (96, 26), "conv2": (256, 26), "norm2": (256, 12), "pool5": (256, 5)}),
        (
            "GoogLeNet-Caffe",
            {
                "pool1/norm1": (64, 56),
                "conv2/norm2": (192, 56),
                "inception_3a/output": (256, 28),
                "pool4": (832, 7),
                "inception_5b": (1024, 7),
            },
        ),
        (
            "GoogLeNet",
            {
                "conv1/7x7_s2": (64, 112),
                "pool1/3x3_s2": (64, 56),
                "conv2/3x3_reduce": (64, 56),
                "conv2/3x3": (192, 56),
                "inception_3a": (256, 28),
                "inception_3b/output": (480, 28),
                "inception_4a": (512, 14),
                "inception_4e": (832, 14),
                "pool4": (832, 7),
                "inception_5b": (1024, 7),
            },
        ),
    ],
)
def test_layers_have_the_shapes_of_the_papers_at_224(name, expected):
    features = on_meta(name)(torch.empty(1, 3, 224, 224, device="meta"), expected)
    assert {layer: (feature.shape[1], feature.shape[2]) for layer, feature in features.items()} == expected


@pytest.mark.slow
@pytest.mark.parametrize(("name", "pooling", "padding"), BUILDS)
def test_the_smallest_picture_of_each_layer_is_the_smallest(name, pooling, padding):
    encoder = on_meta(name, pooling=pooling, padding=padding)
    for layer in encoder.layers:
        side = encoder.min_size([layer])
        assert min(encoder(torch.empty(1, 3, side, side, device="meta"), [layer])[layer].shape) >= 1
        with pytest.raises(InputError, match=f"needs {side} pixels"):
            encoder(torch.empty(1, 3, side - 1, side - 1, device="meta"), [layer])
        assert not _survives(encoder, layer, side - 1)


def _survives(encoder, layer, side):
    """Whether the network itself, unguarded, gives the layer a cell."""
    x = torch.empty(1, 3, side, side, device="meta")
    try:
        for name, stage in encoder.stages.items():
            x = stage(x)
            if name == layer:
                return x.numel() > 0
    except RuntimeError:
        return False
    raise AssertionError(layer)


@pytest.mark.parametrize(("name", "layer"), [("AlexNet", "relu5"), ("GoogLeNet", "inception_4a")])
def test_a_tile_with_its_halo_sees_what_the_whole_sees(name, layer):
    torch.manual_seed(0)
    encoder = ARCHITECTURES[name](make_preprocess("torchvision")).double()
    geometry = encoder.geometry(layer)
    halo, stride = geometry.halo, geometry.stride
    origin, side = halo + 4 * stride, 4 * stride
    image = torch.rand(1, 3, 2 * origin + side, 2 * origin + side).double()
    whole = encoder(image, [layer])[layer]
    around = slice(origin - halo, origin + side + halo)
    tile = encoder(image[..., around, around], [layer])[layer]
    inner, cells = slice(halo // stride, halo // stride + 4), slice(origin // stride, origin // stride + 4)
    limit = DOUBLE * float(whole.abs().max())
    torch.testing.assert_close(tile[..., inner, inner], whole[..., cells, cells], rtol=0, atol=limit)


def test_average_pooling_between_googlenets_blocks_counts_cells_at_the_border_once():
    encoder = ARCHITECTURES["GoogLeNet"](make_preprocess("torchvision"), pooling="average")
    pool = encoder.stages["pool1"]
    assert torch.equal(pool(torch.ones(1, 1, 4, 4)), torch.ones(1, 1, 2, 2))


def test_building_leaves_the_random_state_alone(alexnet_tensors):
    before = torch.random.get_rng_state()
    encoder = build_encoder("AlexNet", alexnet_tensors, make_preprocess("torchvision"), "max", "zeros")
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(not parameter.requires_grad for parameter in encoder.parameters())
    assert not encoder.training
