"""Files as Caffe writes them: protocol buffers, put together here by hand."""

from __future__ import annotations

import struct

import pytest
import torch

from brushwork.encoders import load_encoder
from brushwork.encoders.registry import tensor_shapes
from brushwork.encoders.weights.caffe_model import read_caffe_model
from brushwork.encoders.weights.convert import convert_weights
from brushwork.encoders.weights.find import find_weights
from brushwork.encoders.weights.manage import import_weights
from brushwork.errors import WeightsError


def varint(number):
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def values(tensor):
    return message(5, struct.pack(f"<{tensor.numel()}f", *tensor.flatten().tolist()))


def blob(tensor):
    """Of today's format: the shape is a message of packed numbers."""
    return values(tensor) + message(7, message(1, b"".join(map(varint, tensor.shape))))


def old_blob(tensor):
    """Of the first format: always four sides."""
    sides = [1] * (4 - tensor.ndim) + list(tensor.shape)
    return b"".join(number(field, side) for field, side in enumerate(sides, start=1)) + values(tensor)


def today(layers):
    """A float (wire type 5) and a number among the layers' fields, as Caffe has them, are passed over."""
    other = varint(3 << 3 | 5) + struct.pack("<f", 1.0) + number(10, 1)
    return message(1, b"a net") + b"".join(
        message(
            100,
            message(1, name.encode())
            + message(2, b"Convolution")
            + other
            + b"".join(message(7, blob(one)) for one in blobs),
        )
        for name, blobs in layers.items()
    )


def formerly(layers):
    return message(1, b"a net") + b"".join(
        message(2, message(4, name.encode()) + number(5, 4) + b"".join(message(6, old_blob(one)) for one in blobs))
        for name, blobs in layers.items()
    )


@pytest.fixture
def layers():
    generator = torch.Generator().manual_seed(0)
    shapes = {"conv1": [(4, 3, 5, 5), (4,)], "relu1": [], "fc": [(7, 300), (7,)]}
    return {name: [torch.randn(shape, generator=generator) for shape in sides] for name, sides in shapes.items()}


@pytest.mark.parametrize("form", [today, formerly])
def test_every_layer_has_its_weights_and_biases(form, layers, tmp_path):
    path = tmp_path / "net.caffemodel"
    path.write_bytes(form(layers))
    found = read_caffe_model(path)
    assert list(found) == ["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"]
    for name, (weight, bias) in {name: blobs for name, blobs in layers.items() if blobs}.items():
        assert torch.equal(found[f"{name}.weight"], weight)
        assert torch.equal(found[f"{name}.bias"], bias)


@pytest.mark.parametrize("kept", [1, 7, 100, 300, -1])
def test_a_truncated_file_is_refused(kept, layers, tmp_path):
    path = tmp_path / "net.caffemodel"
    path.write_bytes(today(layers)[:kept])
    with pytest.raises(WeightsError, match=r"net\.caffemodel"):
        read_caffe_model(path)


@pytest.mark.parametrize("content", [b"", b"\x0b\xff", b"\xff" * 40, b"caffe"])
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="caffemodel"):
        load_encoder(path)


def test_a_blob_of_another_size_than_its_shape_is_refused(tmp_path):
    path = tmp_path / "net.caffemodel"
    wrong = values(torch.ones(5)) + message(7, message(1, varint(6)))
    path.write_bytes(message(100, message(1, b"conv1") + message(7, wrong)))
    with pytest.raises(WeightsError, match="5 values"):
        read_caffe_model(path)


def caffenet():
    generator = torch.Generator().manual_seed(1)
    shapes = tensor_shapes("CaffeNet")
    drawn = {name: torch.randn(shape, generator=generator) / 30 for name, shape in shapes.items()}
    stems = dict.fromkeys(name.rpartition(".")[0] for name in shapes)
    return drawn, {stem: [drawn[f"{stem}.weight"], drawn[f"{stem}.bias"]] for stem in stems}


def test_caffenet_is_added_under_the_name_that_its_preset_expects(tmp_path):
    with pytest.raises(WeightsError, match=r"weights add bvlc_reference_caffenet\.caffemodel --as caffenet"):
        load_encoder("caffenet")
    drawn, layers = caffenet()
    path = tmp_path / "bvlc_reference_caffenet.caffemodel"
    path.write_bytes(today(layers | {"fc8": [torch.ones(2, 3), torch.ones(2)]}))
    import_weights(path, "caffenet")
    found = find_weights("caffenet")
    assert (found.architecture, found.preprocessing) == ("CaffeNet", "ilsvrc")
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in drawn.items())
    assert load_encoder("caffenet", ceil=True)(torch.rand(1, 3, 80, 90), ["conv5"])["conv5"].shape == (1, 256, 4, 5)


def test_googlenets_names_have_slashes_in_caffe():
    shapes = tensor_shapes("GoogLeNet-Caffe")
    block = len("inception_3a")
    named = {
        f"{name[:block]}/{name[block + 1 :]}" if name.startswith("inception_") else name: shape
        for name, shape in shapes.items()
    }
    assert "inception_3a/5x5_reduce.weight" in named
    found = convert_weights({name: torch.zeros(shape) for name, shape in named.items()}, "a file")
    assert (found.architecture, found.preprocessing) == ("GoogLeNet-Caffe", "ilsvrc")
    assert {name: tuple(tensor.shape) for name, tensor in found.tensors.items()} == shapes
