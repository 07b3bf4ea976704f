"""What ranks, the processes that paint one picture together, ask of the connection between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from torch import Tensor

T = TypeVar("T")


class ProcessGroup(Protocol):
    """A connection of ranks. Every method but the last two is called by all of them, at the same place.

    Raises: RankLostError: another rank ended, or does not answer.
    """

    @property
    def rank(self) -> int:
        """Which one this process is, from 0."""

    @property
    def world_size(self) -> int:
        """How many there are."""

    def all_reduce_sum(self, tensor: Tensor) -> Tensor:
        """The sum over all ranks, bit for bit the same on each."""

    def all_reduce_max(self, tensor: Tensor) -> Tensor:
        """The largest entries of all ranks; none is other than a number."""

    def exchange(self, parcels: Mapping[int, Tensor], expected: Mapping[int, Tensor]) -> None:
        """Send each parcel to its rank, and fill the tensors with what comes from theirs."""

    def broadcast(self, value: T) -> T:
        """What rank 0 gives; any small object."""

    def all_gather(self, value: Any) -> Sequence[Any]:
        """What every rank gives, in order; small objects."""

    def send(self, tensor: Tensor, to: int) -> None:
        """Send to one rank, which receives."""

    def receive(self, like: Tensor, source: int) -> Tensor:
        """Receive a tensor of that shape and type."""
