from __future__ import annotations

from functools import partial

import pytest
import torch

from brushwork.devices.meter import META, to_meta
from brushwork.encoders.alexnet import make_alexnet
from brushwork.encoders.encoder import PIXELS
from brushwork.encoders.googlenet import make_googlenet
from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.stages import LayerGeometry
from brushwork.encoders.vgg import make_vgg
from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.storage.hashing import tensors_sha256
from tolerances import DOUBLE, THROUGH_VGG


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return make_vgg(19, make_caffe_preprocess()).double()


def test_layers_have_the_shapes_of_the_paper(encoder):
    features = encoder(
        torch.rand(1, 3, 48, 64).double(), ["relu1_1", "conv2_1", "relu3_1", "conv4_2", "relu5_1", PIXELS]
    )
    shapes = {name: tuple(feature.shape[1:]) for name, feature in features.items()}
    assert shapes == {
        "relu1_1": (64, 48, 64),
        "conv2_1": (128, 24, 32),
        "relu3_1": (256, 12, 16),
        "conv4_2": (512, 6, 8),
        "relu5_1": (512, 3, 4),
        PIXELS: (3, 48, 64),
    }


def test_conv_names_mean_the_rectified_blob(encoder):
    features = encoder(torch.rand(1, 3, 32, 32).double(), ["conv2_1", "relu2_1"])
    assert features["conv2_1"] is features["relu2_1"]
    assert features["conv2_1"].min() >= 0


def test_it_stops_at_the_deepest_layer(encoder, monkeypatch):
    called = []
    for name, stage in encoder.stages.items():
        stage.register_forward_hook(lambda *_, name=name: called.append(name))
    encoder(torch.rand(1, 3, 32, 32).double(), ["relu2_1"])
    assert called[-1] == "relu2_1"
    assert len(called) == 7


def test_a_misspelled_layer_is_an_error_that_suggests(encoder):
    with pytest.raises(InputError, match=r"no layer 'relu42'.*relu4_2"):
        encoder(torch.rand(1, 3, 32, 32).double(), ["relu42"])


def test_too_small_for_a_layer_is_an_error(encoder):
    with pytest.raises(InputError, match="16 pixels"):
        encoder(torch.rand(1, 3, 15, 40).double(), ["relu5_1"])


def test_halos_are_those_of_the_plan(encoder):
    assert encoder.geometry("relu5_1").halo == 80
    assert encoder.geometry("relu4_2").halo == 40
    assert encoder.geometry(PIXELS) == LayerGeometry()


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["relu1_1", "relu3_1", "pool3", "relu4_2"])
def test_a_tile_with_its_halo_sees_what_the_whole_sees(encoder, layer):
    image = torch.rand(1, 3, 160, 160).double()
    geometry = encoder.geometry(layer)
    halo, stride = geometry.halo, geometry.stride
    whole = encoder(image, [layer])[layer]
    tile = encoder(image[..., 64 - halo : 96 + halo, 64 - halo : 96 + halo], [layer])[layer]
    inner = tile[..., halo // stride : -(halo // stride) or None, halo // stride : -(halo // stride) or None]
    cells = slice(64 // stride, 96 // stride)
    torch.testing.assert_close(inner, whole[..., cells, cells], rtol=DOUBLE, atol=DOUBLE * float(whole.abs().max()))


def test_average_pooling_and_reflection_are_options():
    torch.manual_seed(0)
    flat = torch.full((1, 3, 32, 32), 0.5)
    reflected = make_vgg(16, make_caffe_preprocess(), pooling="average", padding="reflect")(flat, ["relu3_1"])[
        "relu3_1"
    ]
    spread = (reflected - reflected.mean(dim=(2, 3), keepdim=True)).abs().max()
    assert spread < THROUGH_VGG * reflected.abs().max()


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(
    "make", [partial(make_vgg, 16), make_alexnet, make_googlenet], ids=["vgg", "alexnet", "googlenet"]
)
def test_sizes_of_maps_are_known_beforehand(make, ceil):
    network = to_meta(make(make_caffe_preprocess(), ceil=ceil))
    for size in (Size(63, 95), Size(64, 65), Size(77, 130)):
        features = network(torch.empty(1, 3, *size, device=META), network.layers)
        assert {layer: Size.of(feature) for layer, feature in features.items()} == {
            layer: network.positions(layer, size) for layer in network.layers
        }
    assert network.positions(PIXELS, Size(5, 6)) == Size(5, 6)


def test_stages_that_no_layer_needs_can_be_let_go():
    encoder = make_vgg(16, make_caffe_preprocess())
    image, before = torch.rand(1, 3, 32, 32), sum(one.numel() for one in encoder.parameters())
    whole, weights = encoder.fingerprint, encoder.weights_sha256()
    expected = encoder(image, ["conv3_1"])["conv3_1"]
    encoder.truncate(["conv1_2", "conv3_1"])
    assert sum(one.numel() for one in encoder.parameters()) < before / 10
    assert encoder.layers[-1] == "relu3_1"
    assert encoder.weights_sha256() == tensors_sha256(dict(encoder.named_parameters()) | dict(encoder.named_buffers()))
    assert encoder.weights_sha256() != weights
    assert encoder.fingerprint == whole != make_vgg(16, make_caffe_preprocess()).fingerprint
    assert torch.equal(encoder(image, ["conv3_1"])["conv3_1"], expected)
    with pytest.raises(InputError, match="no layer 'conv4_1'"):
        encoder.layer("conv4_1")
