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
PATIENCE = 600.0
"""Seconds until a test fails that waits for nothing."""
GLANCE = 0.1
"""Seconds after which a waiting rank looks whether the others are still there."""


class Thread:
    """One of several ranks; see `ProcessGroup`."""

    def __init__(self, rank: int, crew: Crew) -> None:
        self.rank, self.world_size, self._crew = rank, crew.count, crew

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        return torch.stack(list(self.all_gather(tensor.clone()))).sum(0)

    def all_reduce_max(self, tensor: Tensor) -> Tensor:
        return torch.stack(list(self.all_gather(tensor.clone()))).amax(0)

    def exchange(self, parcels: Mapping[int, Tensor], expected: Mapping[int, Tensor]) -> None:
        for rank, parcel in parcels.items():
            self.send(parcel, rank)
        for rank, room in expected.items():
            room.copy_(self.receive(room, rank))

    def broadcast(self, value: T) -> T:
        return self.all_gather(value)[0]

    def all_gather(self, value: Any) -> Sequence[Any]:
        self._crew.board[self.rank] = value
        self._crew.wait()
        told = list(self._crew.board)
        self._crew.wait()
        return told

    def send(self, tensor: Tensor, to: int) -> None:
        self._crew.posts[self.rank, to].put(tensor.clone())

    def receive(self, like: Tensor, source: int) -> Tensor:
        found = self._crew.take(source, self.rank)
        assert (found.shape, found.dtype) == (like.shape, like.dtype)
        return found

    def die(self) -> NoReturn:
        """End without a word."""
        self._crew.barrier.abort()
        raise RankLostError("this one")


class Crew:
    """What the threads share."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.barrier = Barrier(count, timeout=PATIENCE)
        self.board: list[Any] = [None] * count
        self.posts: dict[tuple[int, int], Queue[Tensor]] = {(a, b): Queue() for a in range(count) for b in range(count)}

    def wait(self) -> None:
        try:
            self.barrier.wait()
        except BrokenBarrierError:
            raise RankLostError("another rank was lost") from None

    def take(self, source: int, to: int) -> Tensor:
        for _ in range(round(PATIENCE / GLANCE)):
            with suppress(Empty):
                return self.posts[source, to].get(timeout=GLANCE)
            if self.barrier.broken:
                break
        raise RankLostError("another rank was lost")


def together(count: int, work: Callable[[Thread], T]) -> list[T]:
    """What every rank makes of the same work."""
    crew = Crew(count)

    def one(rank: int) -> T:
        try:
            return work(Thread(rank, crew))
        except BaseException:
            crew.barrier.abort()
            raise

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
