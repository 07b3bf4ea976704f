from __future__ import annotations

import os
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from brushwork.errors import InputError, WeightsError
from brushwork.storage.tensors import (
    explain_read_errors,
    partial_path,
    read_tensors,
    remove_file,
    replace_tensors,
    write_tensors,
)

KIND = "a picture"
TENSORS = {
    "picture": torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(0)),
    "flag": torch.tensor([True, False, True]),
    "number": torch.tensor(0.1, dtype=torch.float64),
    "infinite": torch.tensor(float("inf"), dtype=torch.float64),
    "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "short": torch.tensor([1.5], dtype=torch.float16),
    "count": torch.tensor(-(2**40)),
    "small": torch.tensor([1, 2, 3], dtype=torch.int32),
    "bytes": torch.tensor([255], dtype=torch.uint8),
    "none": torch.zeros(0, 4),
    "turned": torch.arange(6.0).view(2, 3).T,
}


def same(some, others):
    return some.keys() == others.keys() and all(
        some[name].dtype == others[name].dtype and torch.equal(some[name], others[name]) for name in some
    )


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "state"
    write_tensors(path, TENSORS, {"title": "né"})
    tensors, metadata = read_tensors(path)
    assert same(tensors, TENSORS)
    assert metadata == {"title": "né"}


def test_other_programs_read_it(tmp_path):
    path = tmp_path / "state.safetensors"
    write_tensors(path, TENSORS, {"title": "x"})
    assert same(load_file(path), TENSORS)
    with safe_open(path, framework="pt") as file:
        assert file.metadata() == {"title": "x"}


def test_files_of_other_programs_are_read(tmp_path):
    path = tmp_path / "state.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in TENSORS.items()}, path)
    assert same(read_tensors(path)[0], TENSORS)


def test_the_former_file_stays_until_the_new_one_is_complete(tmp_path):
    path = tmp_path / "state"
    replace_tensors(path, {"x": torch.zeros(4)}, {})
    with pytest.raises((TypeError, NotImplementedError, RuntimeError, KeyError)):
        replace_tensors(path, {"x": torch.ones(4), "y": torch.ones(4).to_sparse()}, {})
    assert torch.equal(read_tensors(path)[0]["x"], torch.zeros(4))


@pytest.mark.parametrize("error", [OSError(27, "File too large"), KeyboardInterrupt()])
def test_what_could_not_be_written_to_its_end_is_removed(tmp_path, monkeypatch, error):
    def fails(*_):
        yield torch.ones(4)
        raise error

    monkeypatch.setattr("brushwork.storage.tensors.iterate_planes", fails)
    with pytest.raises(type(error)):
        replace_tensors(tmp_path / "state", {"x": torch.zeros(8)}, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("length", [0, 4, 60, -1])
def test_a_file_cut_short_is_refused(tmp_path, length):
    path = tmp_path / "state"
    write_tensors(path, TENSORS, {})
    path.write_bytes(path.read_bytes()[:length])
    with (
        pytest.raises(InputError, match=r"state is damaged, or is not a picture \("),
        explain_read_errors(path, KIND),
    ):
        read_tensors(path)


@pytest.mark.parametrize("error", [InputError, WeightsError])
def test_a_missing_file_and_a_folder_are_refused(tmp_path, error):
    for path, printed in ((tmp_path / "nowhere", "nowhere is missing: check"), (tmp_path, "cannot be read")):
        with pytest.raises(error, match=printed), explain_read_errors(path, KIND, error):
            read_tensors(path)


def test_an_entry_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "state"
    write_tensors(path, TENSORS, {})
    with (
        pytest.raises(InputError, match=r"is not a picture \(it has no 'title'\)"),
        explain_read_errors(path, KIND),
    ):
        read_tensors(path)[1]["title"]


@pytest.mark.skipif(sys.platform == "win32", reason="no permissions there")
@pytest.mark.parametrize("write", [write_tensors, replace_tensors])
def test_other_users_may_read_it_where_the_folder_permits(tmp_path, write):
    before = os.umask(0o022)
    try:
        write(tmp_path / "state", TENSORS, {})
    finally:
        os.umask(before)
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o644


def test_removing_takes_the_unfinished_successor_along(tmp_path):
    path = tmp_path / "state"
    write_tensors(path, TENSORS, {})
    partial_path(path).write_bytes(b"half")
    remove_file(path)
    remove_file(path)
    assert list(tmp_path.iterdir()) == []
