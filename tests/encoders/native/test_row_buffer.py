from __future__ import annotations

import pytest
import torch

from brushwork.encoders.native.row_buffer import RowBuffer, RowQueue

LIKE = torch.empty(0)


def _rows(first, last):
    return torch.arange(first, last).float().view(-1, 1, 1).expand(-1, 3, 2)


def test_rows_come_from_above_and_are_dropped():
    buffer = RowBuffer(LIKE, (3, 2))
    buffer.allocate(5).copy_(_rows(0, 5))
    buffer.drop(3)
    buffer.allocate(4).copy_(_rows(5, 9))
    assert (buffer.top, buffer.bottom) == (3, 9)
    assert torch.equal(buffer.all, _rows(3, 9))
    assert torch.equal(buffer.rows(4, 6), _rows(4, 6))
    buffer.drop(1)
    assert buffer.top == 3, "what is dropped does not come back"


def test_rows_that_moved_are_not_written_over():
    buffer = RowBuffer(LIKE, (3, 2))
    written = buffer.allocate(5).copy_(_rows(0, 5))
    buffer.drop(2)
    buffer.compact()
    written.zero_()
    assert torch.equal(buffer.all, _rows(2, 5))


def test_an_empty_buffer_begins_anywhere():
    buffer = RowBuffer(LIKE, (3, 2))
    buffer.allocate(2, at=7).copy_(_rows(7, 9))
    buffer.allocate(1, at=100).copy_(_rows(9, 10))
    assert (buffer.top, buffer.bottom) == (7, 10)


@pytest.mark.parametrize("parts", [[10], [1, 2, 3, 4], [4, 6]])
@pytest.mark.parametrize("takes", [[10], [3, 3, 4], [1] * 10])
def test_a_queue_gives_rows_in_their_order(parts, takes):
    queue, top, taken = RowQueue(), 0, 0
    for count in parts:
        queue.put(_rows(top, top + count))
        top += count
    assert queue.bottom == 10
    for count in takes:
        to = torch.zeros(count, 3, 2)
        queue.take(to)
        assert torch.equal(to, _rows(taken, taken + count))
        taken += count
