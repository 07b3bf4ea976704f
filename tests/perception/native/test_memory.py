from __future__ import annotations

import multiprocessing

import pytest
import torch

from brushwork.evaluate.meter import META
from brushwork.perception.native import memory

FLOAT = torch.float32


@pytest.fixture
def shelf():
    return memory.Shelf()


def test_memory_comes_back_when_nobody_refers_to_it(shelf):
    tensor = shelf.take((512, 1024), FLOAT)
    place, part = tensor.data_ptr(), tensor[3:]
    del tensor
    other = shelf.take((512, 1024), FLOAT)
    assert other.data_ptr() != place
    del part
    again = shelf.take((1000, 500), FLOAT)
    assert again.data_ptr() == place
    assert again.shape == (1000, 500)


def test_pieces_that_are_much_too_large_are_left(shelf):
    place = shelf.take((4096, 1024), FLOAT).data_ptr()
    assert shelf.take((1024, 1024), FLOAT).data_ptr() != place


def test_what_nobody_takes_is_given_back(shelf):
    shelf.take((4096, 1024), FLOAT)
    whole = shelf.size
    for _ in range(memory._PATIENCE + 2):
        shelf.take((512, 1024), FLOAT)
    assert shelf.size < whole / 2


def test_what_is_in_use_is_never_given_back(shelf):
    kept = shelf.take((4096, 1024), FLOAT).fill_(7)
    for _ in range(memory._PATIENCE + 2):
        shelf.take((512, 1024), FLOAT)
    assert shelf.size >= kept.nbytes
    assert bool((kept == 7).all())


def test_a_forked_process_writes_into_memory_of_its_own(shelf):
    tensor = shelf.take((1024, 1024), FLOAT)
    tensor[0, 0] = 1

    def write():
        tensor[0, 0] = 2

    process = multiprocessing.get_context("fork").Process(target=write)
    process.start()
    process.join(30)
    assert process.exitcode == 0
    assert tensor[0, 0] == 1


def test_room_on_meta_is_counted_like_any_tensor():
    assert memory.room(torch.empty(1, device=META), (4096, 1024)).is_meta


def test_masks_have_their_own_type(shelf):
    assert shelf.take((1024, 1024), torch.int16).dtype == torch.int16
