from __future__ import annotations

import gc
import mmap
import multiprocessing
import sys
from pathlib import Path

import pytest
import torch

from brushwork.devices.meter import META
from brushwork.encoders.native import arena

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an arena is a range of addresses as Linux has them")

FLOAT = torch.float32
MEGABYTE = 2**20


@pytest.fixture
def pool():
    return arena.Arena()


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


def test_memory_comes_back_when_nobody_refers_to_it(pool):
    tensor = pool.allocate((512, 1024), FLOAT)
    place, part = tensor.data_ptr(), tensor[3:]
    del tensor
    other = pool.allocate((512, 1024), FLOAT)
    assert other.data_ptr() != place
    del part
    again = pool.allocate((1000, 500), FLOAT)
    assert again.data_ptr() == place
    assert again.shape == (1000, 500)


def test_neighbors_that_come_back_free_space_together(pool):
    parts = [pool.allocate((256, 1024), FLOAT) for _ in range(4)]
    size = pool.size
    first = parts[1].data_ptr()
    del parts[1:3]
    assert pool.allocate((512, 1024), FLOAT).data_ptr() == first
    assert pool.size == size == 4 * MEGABYTE


def test_parts_do_not_overlap(pool):
    dice = torch.Generator().manual_seed(0)
    held = {}
    for step in range(300):
        length = int(torch.randint(1, 3_000_000, (), generator=dice))
        held[step] = pool.allocate((length,), torch.uint8).fill_(step % 251)
        if len(held) > 8:
            gone = sorted(held)[int(torch.randint(len(held), (), generator=dice))]
            assert bool((held.pop(gone) == gone % 251).all())
    assert all(bool((tensor == step % 251).all()) for step, tensor in held.items())


def test_what_nobody_needs_is_given_back_to_the_system(pool):
    low = pool.allocate((256, 1024), FLOAT).fill_(1)
    pool.allocate((64 * 256, 1024), FLOAT).fill_(1)
    before, size = resident(), pool.size
    for _ in range(2 * arena._PATIENCE + 2):
        pool.allocate((256, 1024), FLOAT)
    assert pool.size < size / 8
    assert resident() < before - 50 * MEGABYTE
    assert bool((low == 1).all())


def test_what_is_in_use_is_never_given_back(pool):
    kept = pool.allocate((4096, 1024), FLOAT).fill_(7)
    for _ in range(2 * arena._PATIENCE + 2):
        pool.allocate((512, 1024), FLOAT)
    pool.trim()
    assert pool.size >= kept.nbytes
    assert bool((kept == 7).all())


def test_it_knows_what_lies_on_it(pool):
    kept = pool.allocate((512, 1024), FLOAT)
    assert pool.holds(kept) and pool.holds(kept[5:])
    assert not pool.holds(torch.empty(512, 1024))


def test_a_cycle_that_is_collected_while_memory_is_taken_does_no_harm(pool):
    ring = [pool.allocate((512, 1024), FLOAT)]
    ring.append(ring)
    del ring
    gc.collect()
    assert pool.allocate((512, 1024), FLOAT).data_ptr() == pool._base


def test_a_forked_process_writes_into_memory_of_its_own(pool):
    tensor = pool.allocate((1024, 1024), FLOAT)
    tensor[0, 0] = 1

    def write():
        tensor[0, 0] = 2

    process = multiprocessing.get_context("fork").Process(target=write)
    process.start()
    process.join(30)
    assert process.exitcode == 0
    assert tensor[0, 0] == 1


def test_where_the_system_has_no_such_range_torch_gives_the_memory(monkeypatch):
    monkeypatch.setattr(arena, "_ADDRESSES", ())
    pool = arena.Arena()
    monkeypatch.setattr(arena, "TEMPORARY", pool)
    assert pool.allocate((1024, 1024), FLOAT) is None
    assert arena.allocate(torch.empty(1), (1024, 1024)).shape == (1024, 1024)
    assert not pool.holds(torch.empty(3))


def test_memory_on_meta_is_counted_like_any_tensor():
    assert arena.allocate(torch.empty(1, device=META), (4096, 1024)).is_meta


def test_masks_have_their_own_type(pool):
    assert pool.allocate((1024, 1024), torch.int16).dtype == torch.int16


def test_what_is_kept_lies_apart():
    numbers = torch.rand(1024, 1024)
    kept, moment = arena.copy_persistent(numbers), arena.allocate(numbers, numbers.shape)
    assert torch.equal(kept, numbers)
    assert arena.PERSISTENT.holds(kept) and not arena.TEMPORARY.holds(kept)
    assert arena.is_in_arena(kept) and arena.is_in_arena(moment) and not arena.is_in_arena(numbers)
