from __future__ import annotations

import gc
import os
import tempfile
import weakref
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from brushwork.errors import InputError
from brushwork.optim import LBFGS, Adam, DivergenceGuard, PixelParametrization, curvature_pairs, minimize
from brushwork.optim.curvature_pairs import VectorStore
from brushwork.storage import mapped as mapped_module
from brushwork.types import LossValues

SHAPE = (1, 3, 40, 50)
VECTOR = 3 * 40 * 50 * 4


class LiveBytes(TorchDispatchMode):
    """Counts the bytes of the tensors that are made while it is entered, and are still referred to."""

    def __init__(self):
        super().__init__()
        self.live = self.peak = 0
        self.sizes = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, torch.Tensor) and value.untyped_storage()._cdata not in self.sizes:
                storage = value.untyped_storage()
                self.sizes[storage._cdata] = storage.nbytes()
                self.live += storage.nbytes()
                self.peak = max(self.peak, self.live)
                weakref.finalize(storage, self.forget, storage._cdata)
        return result

    def forget(self, address):
        self.live -= self.sizes.pop(address)


def vectors_at_peak(monkeypatch, optimizer, unit=255.0):
    """As large as the picture, in the peak of a walk; the evaluation makes nothing but the gradient."""
    monkeypatch.setattr(curvature_pairs, "BLOCK_BYTES", 1)  # as if this picture were a large one
    generator = torch.Generator().manual_seed(1)
    start, aim = (torch.rand(*SHAPE, generator=generator) for _ in range(2))
    curvature = torch.logspace(0, 2, start.numel()).view_as(start)

    def evaluate(image):
        image.grad = torch.sub(image.detach(), aim)
        total = image.grad.view(-1).dot(image.grad.view(-1))
        image.grad.mul_(curvature)
        return LossValues(total, {})

    with LiveBytes() as live:
        for _ in minimize(PixelParametrization(unit), evaluate, optimizer, 40, init=start):
            gc.collect(0)
    return live.peak / VECTOR


@pytest.mark.slow
@pytest.mark.parametrize(("search", "unit", "beside"), [(False, 255.0, 8), (False, 1.0, 7), (True, 255.0, 8)])
def test_a_step_holds_few_vectors_beside_its_pairs(monkeypatch, search, unit, beside):
    """The point, its gradient, the direction, the best point, the point ahead, its picture, and a gradient of each."""
    optimizer = DivergenceGuard(LBFGS(history=5, line_search=search, initial_step=0.01 * unit, min_curvature=0.0))
    assert vectors_at_peak(monkeypatch, optimizer, unit) < 2 * 5 + beside + 0.1


@pytest.mark.parametrize(("average", "most"), [(0.0, 8), (0.9, 9)])
def test_so_does_adam(monkeypatch, average, most):
    assert vectors_at_peak(monkeypatch, DivergenceGuard(Adam(1.0, ema_decay=average))) < most + 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("storage", "vectors"), [("bf16", 5 + 8), ("disk", 8)])
def test_pairs_in_half_or_on_disk_take_half_the_memory_or_none(monkeypatch, storage, vectors):
    optimizer = DivergenceGuard(LBFGS(history=5, storage=storage))
    mapped = set()
    plain = mapped_module.empty_mapped
    monkeypatch.setattr(curvature_pairs, "empty_mapped", lambda shape, dtype: mapped.add(shape) or plain(shape, dtype))
    peak = vectors_at_peak(monkeypatch, optimizer)
    on_disk = 2 * 6 if storage == "disk" else 0  # rows of the newest pair come before those of the oldest go
    assert bool(mapped) == (storage == "disk")
    assert peak - on_disk < vectors + 1.5


@pytest.mark.parametrize("storage", ["full", "bf16", "disk"])
@pytest.mark.parametrize("block", [1, curvature_pairs.BLOCK_BYTES])
def test_what_is_kept_stays(monkeypatch, storage, block):
    monkeypatch.setattr(curvature_pairs, "BLOCK_BYTES", block)
    place = VectorStore(storage)
    vectors = [torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(seed)) for seed in range(5)]
    kept = [place.add(vector.clone()) for vector in vectors]
    place.release(kept.pop(), kept.pop())
    kept += [place.copy(vector) for vector in vectors[3:]]
    for vector, there in zip(vectors, kept, strict=True):
        assert there.dtype == (torch.bfloat16 if storage == "bf16" else torch.float32)
        assert torch.equal(there, vector.to(there.dtype))


def test_a_file_has_no_name_and_space_on_the_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reserved_sizes = []
    reserve = os.posix_fallocate
    monkeypatch.setattr(
        os, "posix_fallocate", lambda *range_of: reserved_sizes.append(range_of[2]) or reserve(*range_of)
    )
    kept = VectorStore("disk").add(torch.ones(3, 5))
    assert torch.equal(kept, torch.ones(3, 5))
    assert reserved_sizes == [curvature_pairs.MOST * curvature_pairs.ALIGNMENT * 4]
    assert not list(Path(tmp_path).iterdir())


def test_a_full_disk_is_an_error_and_leaves_nothing(monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(InputError, match="No space"):
        VectorStore("disk").add(torch.ones(3, 5))
    assert not list(Path(tmp_path).iterdir())


def test_an_empty_vector_needs_no_file():
    assert VectorStore("disk").add(torch.empty(1, 3, 0, 9)).shape == (1, 3, 0, 9)
