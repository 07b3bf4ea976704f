from __future__ import annotations

import mmap
import sys
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.storage import mapped as module
from brushwork.storage.mapped import drop_pages, empty_mapped, empty_or_mapped


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder for temporary files."""
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="files in use keep their names there")
def test_a_mapped_tensor_is_a_tensor_whose_file_has_no_name(folder):
    held = empty_mapped((2, 3, 50), torch.float64)
    assert list(folder.iterdir()) == []
    held.copy_(torch.arange(300.0).view(2, 3, 50))
    assert held.shape == (2, 3, 50)
    assert float(held.sum()) == 299 * 150


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is in memory")
def test_what_is_let_go_of_is_read_again():
    held = empty_mapped((1 << 24,), torch.uint8).fill_(7)
    view = held[5:]
    del held
    before = resident()
    drop_pages()
    assert resident() < before - (1 << 23)
    assert bool((view == 7).all())
    del view
    drop_pages()
    assert not module._MAPS


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


def test_only_large_tensors_lie_in_files(monkeypatch):
    calls = []
    monkeypatch.setattr(module, "empty_mapped", lambda shape, dtype: calls.append(shape))
    like = torch.zeros(1)
    assert empty_or_mapped((2, 3), like).shape == (2, 3)
    assert not calls
    empty_or_mapped((2, 3), like, large=24)
    assert calls == [(2, 3)]


def test_on_meta_large_tensors_take_nothing():
    like = torch.empty(1, device="meta")
    assert empty_or_mapped((2, 3), like, large=24).untyped_storage().nbytes() == 4
    assert empty_or_mapped((1, 3), like, large=24).untyped_storage().nbytes() == 12


def test_a_full_disk_is_reported(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "posix_fallocate", full, raising=False)
    with pytest.raises(InputError, match=r"no space for 4\.0 GB.*TMPDIR"):
        empty_mapped((1000, 1000, 1000), torch.float32)
