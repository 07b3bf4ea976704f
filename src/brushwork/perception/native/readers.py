"""Who reads features: when the last of them needs them no more, their gradient is written over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType

from brushwork.perception.native.memory import is_in_arena
from brushwork.types import Feature


@dataclass
class ReuseTracker:
    """Who reads features that may be used up."""

    all: int
    summed: int = 0
    """Those of them that take the compiled part's sums."""
    pulled: int = 0
    """Those whose gradient was asked for."""

    @property
    def is_done(self) -> bool:
        """Whether all have asked for their gradient, so that nobody needs the features any more."""
        return self.all == self.summed == self.pulled


_SPARE: ContextVar[Mapping[int, ReuseTracker]] = ContextVar("_SPARE", default=MappingProxyType({}))
"""Memory that may be used up, and who reads there."""


@contextmanager
def reuse_memory(read: Iterable[Feature]) -> Iterator[None]:
    """Sums write their gradient over features that are not needed any more.

    `read` are all the features that will be read, one as often as it is. If all that is read of one are its sums here,
    the last of them to be differentiated uses it up. Whoever looks at it afterwards, in a backward pass, is told by
    torch that it was modified.
    """
    count = Counter(one.untyped_storage()._cdata for one in read if _is_on_shelf(one))
    token = _SPARE.set({memory: ReuseTracker(times) for memory, times in count.items()})
    try:
        yield
    finally:
        _SPARE.reset(token)


def find_tracker(feature: Feature) -> ReuseTracker | None:
    """Those who read features that may be used up; None: they may not."""
    return _SPARE.get().get(feature.untyped_storage()._cdata)


def _is_on_shelf(feature: Feature) -> bool:
    """Whether this engine made it, whose own backward pass needs no features."""
    return feature.is_meta or is_in_arena(feature)
