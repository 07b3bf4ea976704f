from __future__ import annotations

import os
import pickle

import numpy as np
import pytest
import torch

from brushwork.encoders.weights.read import unpickle_arrays
from brushwork.errors import WeightsError


@pytest.fixture
def pickled(tmp_path):
    def write(content, protocol=3):
        path = tmp_path / "weights.ckpt"
        path.write_bytes(pickle.dumps(content, protocol))
        return path

    return write


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nested_arrays_come_out_as_tensors_under_joined_names(pickled, dtype):
    kernel = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    tensors = unpickle_arrays(pickled({"net": {"conv": {"kernel": kernel, "bias": kernel[0, 0].copy()}}}))
    assert list(tensors) == ["net/conv/kernel", "net/conv/bias"]
    torch.testing.assert_close(tensors["net/conv/kernel"], torch.from_numpy(kernel), rtol=0, atol=0)


def test_arrays_in_the_order_of_fortran_come_out_right(pickled):
    array = np.asfortranarray(np.arange(24, dtype="float32").reshape(2, 3, 4))
    found = unpickle_arrays(pickled({"a": array}))["a"]
    assert found.tolist() == array.tolist()


def test_numpy_is_not_used(pickled, monkeypatch):
    path = pickled({"a": np.ones(3, "float32")})
    monkeypatch.setattr(np, "ndarray", None)
    assert unpickle_arrays(path)["a"].tolist() == [1, 1, 1]


class MaliciousPickle:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "attack",
    [
        lambda trace: MaliciousPickle(os.system, f"touch {trace}"),
        lambda trace: MaliciousPickle(eval, f"open({str(trace)!r}, 'w')"),
        lambda trace: MaliciousPickle(np.save, str(trace), np.ones(1)),
    ],
    ids=["os", "builtins", "numpy"],
)
def test_a_malicious_pickle_is_refused_and_runs_nothing(pickled, tmp_path, attack):
    trace = tmp_path / "trace.npy"
    path = pickled({"AlexNet_0": {"kernel": np.ones(3, "float32"), "bias": attack(trace)}})
    with pytest.raises(WeightsError, match=r"weights\.ckpt: asks for \w+.*, which is not an array; it was refused"):
        unpickle_arrays(path)
    assert not trace.exists()


def test_old_opcodes_that_name_functions_are_refused_too(tmp_path):
    path = tmp_path / "weights.ckpt"
    path.write_bytes(b"(S'touch trace'\nios\nsystem\n.")
    with pytest.raises(WeightsError, match=r"asks for os\.system"):
        unpickle_arrays(path)


@pytest.mark.parametrize("content", [[np.ones(3)], {"a": 1.0}, {"a": np.dtype("float32")}, np.dtype])
def test_anything_but_arrays_in_dictionaries_is_refused(pickled, content):
    with pytest.raises(WeightsError, match=r"weights\.ckpt"):
        unpickle_arrays(pickled(content))


@pytest.mark.parametrize("dtype", ["int64", "object", ">f4"])
def test_numbers_that_are_no_plain_floats_are_refused(pickled, dtype):
    with pytest.raises(WeightsError, match=r"weights\.ckpt: holds numbers"):
        unpickle_arrays(pickled({"a": np.ones(3, dtype)}))


@pytest.mark.parametrize("kept", [1, 40, 150, -1])
def test_a_truncated_pickle_is_refused(pickled, kept):
    path = pickled({"a": np.ones(30, "float32")})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match="damaged"):
        unpickle_arrays(path)


def test_an_array_of_another_length_than_its_shape_is_refused(pickled):
    path = pickled({"a": np.ones((30, 2), "float32")})
    path.write_bytes(path.read_bytes().replace(b"K\x1eK\x02\x86", b"K\x1fK\x02\x86"))
    with pytest.raises(WeightsError, match=r"shape \(31, 2\) has 240 bytes"):
        unpickle_arrays(path)


def test_a_dictionary_that_holds_itself_is_refused(pickled):
    endless = {}
    endless["again"] = endless
    with pytest.raises(WeightsError, match="RecursionError"):
        unpickle_arrays(pickled(endless))
