"""Ranks as threads of one process: what is built on a `ProcessGroup` is tested without starting processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue
from threading import Barrier, BrokenBarrierError
from typing import Any, NoReturn, TypeVar

import torch
from torch import Tensor

from brushwork.errors import RankLostError

T = TypeVar("T")
TIMEOUT = 600.0
"""Seconds until a test fails that waits for nothing."""
POLL_INTERVAL = 0.1
"""Seconds after which a waiting rank looks whether the others are still there."""


class ThreadRank:
    """One of several ranks; see `ProcessGroup`."""

    def __init__(self, rank: int, threads: ThreadGroup) -> None:
        self.rank, self.world_size, self._threads = rank, threads.count, threads

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        return torch.stack(list(self.all_gather(tensor.clone()))).sum(0)

    def all_reduce_max(self, tensor: Tensor) -> Tensor:
        return torch.stack(list(self.all_gather(tensor.clone()))).amax(0)

    def exchange(self, parcels: Mapping[int, Tensor], expected: Mapping[int, Tensor]) -> None:
        for rank, parcel in parcels.items():
            self.send(parcel, rank)
        for rank, buffer in expected.items():
            buffer.copy_(self.receive(buffer, rank))

    def broadcast(self, value: T) -> T:
        return self.all_gather(value)[0]

    def all_gather(self, value: Any) -> Sequence[Any]:
        self._threads.values[self.rank] = value
        self._threads.wait()
        gathered = list(self._threads.values)
        self._threads.wait()
        return gathered

    def send(self, tensor: Tensor, to: int) -> None:
        self._threads.queues[self.rank, to].put(tensor.clone())

    def receive(self, like: Tensor, source: int) -> Tensor:
        found = self._threads.receive(source, self.rank)
        assert (found.shape, found.dtype) == (like.shape, like.dtype)
        return found

    def die(self) -> NoReturn:
        """End without a word."""
        self._threads.barrier.abort()
        raise RankLostError("this one")


class ThreadGroup:
    """What the threads share."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.barrier = Barrier(count, timeout=TIMEOUT)
        self.values: list[Any] = [None] * count
        self.queues: dict[tuple[int, int], Queue[Tensor]] = {
            (a, b): Queue() for a in range(count) for b in range(count)
        }

    def wait(self) -> None:
        try:
            self.barrier.wait()
        except BrokenBarrierError:
            raise RankLostError("another rank was lost") from None

    def receive(self, source: int, to: int) -> Tensor:
        for _ in range(round(TIMEOUT / POLL_INTERVAL)):
            with suppress(Empty):
                return self.queues[source, to].get(timeout=POLL_INTERVAL)
            if self.barrier.broken:
                break
        raise RankLostError("another rank was lost")


def run_on_ranks(count: int, work: Callable[[ThreadRank], T]) -> list[T]:
    """What every rank makes of the same work."""
    threads = ThreadGroup(count)

    def one(rank: int) -> T:
        try:
            return work(ThreadRank(rank, threads))
        except BaseException:
            threads.barrier.abort()
            raise

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
