"""Process groups: the protocol, and its implementation with torch.distributed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from brushwork.errors import RankLostError

T = TypeVar("T")

PATIENCE = timedelta(minutes=10)
"""How long a rank waits for another that is still alive: the iterations of two machines, and the writing of a giant
checkpoint, may differ by minutes. A process that ended is noticed at once."""

_MAIN = torch.device("cpu")


class ProcessGroup(Protocol):
    """A group of connected ranks. All ranks call every method but the last two, at the same point.

    Raises: RankLostError: another rank ended, or does not answer.
    """

    @property
    def rank(self) -> int:
        """The index of this process, from 0."""

    @property
    def world_size(self) -> int:
        """The number of processes."""

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        """Return the sum over all ranks, bit for bit the same on each."""

    def all_reduce_max(self, tensor: Tensor) -> Tensor:
        """Return the elementwise maximum over all ranks; no entry may be NaN."""

    def exchange(self, parcels: Mapping[int, Tensor], expected: Mapping[int, Tensor]) -> None:
        """Send each parcel to its rank, and fill the expected tensors with what their ranks send."""

    def broadcast(self, value: T) -> T:
        """Return the value of rank 0; any small object."""

    def all_gather(self, value: Any) -> Sequence[Any]:
        """Return the values of all ranks, in order; small objects."""

    def send(self, tensor: Tensor, to: int) -> None:
        """Send a tensor to one rank, which calls `receive`."""

    def receive(self, like: Tensor, source: int) -> Tensor:
        """Receive a tensor of the shape and type of `like`."""


class TorchProcessGroup:
    """The processes that a launcher such as torchrun started, as a `ProcessGroup`.

    Tensors in main memory travel by gloo, those on CUDA devices by NCCL, and those on other devices through main
    memory.

    Source: torch.distributed; the launcher sets the rank in the environment (MASTER_ADDR, RANK, WORLD_SIZE).
    """

    def __init__(self, device: torch.device, patience: timedelta = PATIENCE) -> None:
        """Connect to the other ranks.

        Raises: RankLostError: they do not connect.
        """
        self._direct = {"cpu", "cuda"} if device.type == "cuda" else {"cpu"}
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        with _explain_connection_errors("the other ranks do not connect"):
            dist.init_process_group(backend, timeout=patience)

    @property
    def rank(self) -> int:
        return dist.get_rank()

    @property
    def world_size(self) -> int:
        return dist.get_world_size()

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        return self._reduce(tensor, dist.ReduceOp.SUM)

    def all_reduce_max(self, tensor: Tensor) -> Tensor:
        return self._reduce(tensor, dist.ReduceOp.MAX)

    def exchange(self, parcels: Mapping[int, Tensor], expected: Mapping[int, Tensor]) -> None:
        staged = {rank: self._ready(buffer) for rank, buffer in expected.items()}
        sends = [(rank, dist.P2POp(dist.isend, self._ready(parcel), rank)) for rank, parcel in parcels.items()]
        receives = [(rank, dist.P2POp(dist.irecv, buffer, rank)) for rank, buffer in staged.items()]
        if not sends and not receives:
            return
        with _explain_connection_errors("another rank was lost"):
            for work in dist.batch_isend_irecv([operation for _, operation in (*sends, *receives)]):
                work.wait()
        for rank, buffer in expected.items():
            if staged[rank] is not buffer:
                buffer.copy_(staged[rank])

    def broadcast(self, value: T) -> T:
        box = [value]
        with _explain_connection_errors("another rank was lost"):
            dist.broadcast_object_list(box, src=0, device=_MAIN)
        return box[0]

    def all_gather(self, value: Any) -> Sequence[Any]:
        gathered: list[Any] = [None] * self.world_size
        with _explain_connection_errors("another rank was lost"):
            dist.all_gather_object(gathered, value)
        return gathered

    def send(self, tensor: Tensor, to: int) -> None:
        with _explain_connection_errors(f"rank {to} was lost"):
            dist.send(tensor.cpu().contiguous(), to)

    def receive(self, like: Tensor, source: int) -> Tensor:
        buffer = torch.empty(like.shape, dtype=like.dtype)
        with _explain_connection_errors(f"rank {source} was lost"):
            dist.recv(buffer, source)
        return buffer

    def close(self) -> None:
        """Leave the group, when all work is done."""
        dist.destroy_process_group()

    def _reduce(self, tensor: Tensor, how: Any) -> Tensor:
        total = self._ready(tensor).clone()
        with _explain_connection_errors("another rank was lost"):
            dist.all_reduce(total, how)
        return total.to(tensor.device)

    def _ready(self, tensor: Tensor) -> Tensor:
        """Return the tensor in memory that the backend can send from."""
        return tensor.contiguous() if tensor.device.type in self._direct else tensor.cpu().contiguous()


@contextmanager
def _explain_connection_errors(trouble: str) -> Iterator[None]:
    """Turn errors of the connection into a RankLostError that says what happened."""
    try:
        yield
    except (RuntimeError, ConnectionError) as error:  # the errors that gloo and NCCL raise
        raise RankLostError(
            f"{trouble}: it failed, was killed, or did not answer. ({_first_sentence(error)})"
        ) from error


def _first_sentence(error: BaseException) -> str:
    """Return the sentence that says what happened; gloo and NCCL go on with guesses about the cause."""
    return str(error).strip().split("\n")[0].split(". ")[0]
