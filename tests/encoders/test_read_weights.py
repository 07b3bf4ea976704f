from __future__ import annotations

import pickle

import numpy as np
import pytest
import safetensors.torch
import torch

from brushwork.encoders.weights.read import read_state_dict
from brushwork.errors import WeightsError
from brushwork.storage.hashing import file_sha256, tensors_sha256

TENSORS = {"conv.weight": torch.arange(6.0).view(2, 3), "conv.bias": torch.tensor([1.0, 2.0])}


def write_safetensors(path):
    safetensors.torch.save_file(TENSORS, path)


def write_torch(path):
    torch.save(TENSORS, path)


def write_legacy_torch(path):
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)


def write_checkpoint(path):
    torch.save({"epoch": 3, "state_dict": TENSORS}, path)


def write_pickle(path):
    path.write_bytes(pickle.dumps({name: tensor.numpy() for name, tensor in TENSORS.items()}, 3))


WRITERS = [write_safetensors, write_torch, write_legacy_torch, write_checkpoint, write_pickle]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.bin"


@pytest.mark.parametrize("write", WRITERS)
def test_every_kind_is_known_by_its_content(path, write):
    write(path)
    found = read_state_dict(path)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_every_kind_is_refused_by_name_when_truncated(path, write, kept):
    write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(WeightsError, match=r"weights\.bin"):
        read_state_dict(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"GIF89a and more of it", b"\x89HDF\r\n\x1a\n, of Keras", b"\0" * 64]
)
def test_other_files_are_refused_by_name(path, content):
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"weights\.bin"):
        read_state_dict(path)


def test_a_folder_and_a_missing_file_are_refused_by_name(tmp_path):
    with pytest.raises(WeightsError, match="Is a directory"):
        read_state_dict(tmp_path)
    with pytest.raises(WeightsError, match=r"none\.pth cannot be read"):
        read_state_dict(tmp_path / "none.pth")


class MaliciousPickle:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return type(self.trace).touch, (self.trace,)


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_malicious_torch_file_is_refused_and_runs_nothing(path, tmp_path, is_zip):
    trace = tmp_path / "trace"
    torch.save({**TENSORS, "more": MaliciousPickle(trace)}, path, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(WeightsError, match=r"weights\.bin .* more than tensors"):
        read_state_dict(path)
    assert not trace.exists()


def test_a_file_without_names_is_refused(path):
    torch.save(torch.ones(3), path)
    with pytest.raises(WeightsError, match="holds a Tensor; expected tensors by name"):
        read_state_dict(path)


def test_the_digest_sees_names_shapes_types_and_values():
    other = [
        {"weight": TENSORS["conv.weight"], "conv.bias": TENSORS["conv.bias"]},
        {**TENSORS, "conv.weight": TENSORS["conv.weight"].view(3, 2)},
        {**TENSORS, "conv.weight": TENSORS["conv.weight"].to(torch.int32)},
        {**TENSORS, "conv.bias": torch.tensor([1.0, np.nextafter(np.float32(2), np.float32(3))])},
    ]
    assert len({tensors_sha256(tensors) for tensors in [TENSORS, *other]}) == len(other) + 1
    assert tensors_sha256(dict(reversed(TENSORS.items()))) == tensors_sha256(TENSORS)
    noncontiguous = TENSORS["conv.weight"].t().contiguous().t()
    assert tensors_sha256({**TENSORS, "conv.weight": noncontiguous}) == tensors_sha256(TENSORS)


def test_sha256_is_that_of_the_bytes(path):
    path.write_bytes(b"abc")
    assert file_sha256(path).startswith("ba7816bf8f01cfea414140de5dae2223")
