from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from brushwork.encoders.weights.cache import (
    EncoderWeights,
    cache_folder,
    cached_file,
    cached_names,
    read_weights,
    write_weights,
)
from brushwork.errors import WeightsError


@pytest.fixture
def weights(alexnet_tensors):
    return EncoderWeights("mine", "AlexNet", "torchvision", "the file mine.pth", "MIT", "abc", alexnet_tensors)


def test_what_is_stored_comes_back(weights):
    path = write_weights(weights)
    found = read_weights(path)
    assert [
        (name, getattr(found, name))
        for name in ("name", "architecture", "preprocessing", "source", "license", "sha256")
    ] == [
        ("name", "mine"),
        ("architecture", "AlexNet"),
        ("preprocessing", "torchvision"),
        ("source", "the file mine.pth"),
        ("license", "MIT"),
        ("sha256", "abc"),
    ]
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in weights.tensors.items())
    assert cached_names() == ["mine"]


def test_source_license_and_hash_stand_in_the_file(weights):
    with safe_open(write_weights(weights), framework="pt") as file:
        metadata = file.metadata()
    assert metadata.items() >= {"source": "the file mine.pth", "license": "MIT", "sha256": "abc"}.items()


def test_the_folder_is_the_one_requested(tmp_path, monkeypatch):
    assert cache_folder() == tmp_path / "cache" / "weights"
    monkeypatch.delenv("BRUSHWORK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if os.name == "posix":
        assert cache_folder().is_relative_to(tmp_path / "xdg")


def test_files_can_be_read_by_whom_the_umask_lets(weights):
    mask = os.umask(0o022)
    try:
        assert stat.S_IMODE(write_weights(weights).stat().st_mode) == 0o644
    finally:
        os.umask(mask)


def test_nothing_stays_behind_when_writing_fails(weights, cache, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WeightsError, match=r"mine cannot be written to .*No space left.*BRUSHWORK_CACHE"):
        write_weights(weights)
    assert list(cache.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_file_whole(weights, cache, monkeypatch):
    path = write_weights(weights)

    def interrupted(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_weights(weights)
    assert list(cache.iterdir()) == [path]
    assert read_weights(path).name == "mine"


def test_a_cache_that_is_no_folder_is_reported(weights, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BRUSHWORK_CACHE", str(tmp_path / "file"))
    assert cached_names() == []
    with pytest.raises(WeightsError, match="mine cannot be written"):
        write_weights(weights)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)


def empty(path):
    path.write_bytes(b"")


def drop_a_tensor(path):
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    del tensors["conv5.bias"]
    path.unlink()
    save_file(tensors, path, metadata)


def drop_the_metadata(path):
    tensors = load_file(path)
    path.unlink()
    save_file(tensors, path)


@pytest.mark.parametrize("damage", [cut, flip_a_bit, empty, drop_a_tensor, drop_the_metadata])
def test_a_damaged_file_is_refused_by_name(weights, damage):
    path = write_weights(weights)
    damage(path)
    with pytest.raises(WeightsError, match=r"mine\.safetensors is damaged"):
        read_weights(path)


def test_another_content_than_expected_is_refused(weights):
    with pytest.raises(WeightsError, match="its checksum does not match"):
        read_weights(write_weights(weights), content="0" * 64)


def test_hidden_leftovers_are_no_weights(weights, cache):
    write_weights(weights)
    (cache / ".other.1234.tmp").touch()
    (cache / ".other.safetensors").touch()
    assert cached_names() == ["mine"]
    assert cached_file("mine").is_file()
