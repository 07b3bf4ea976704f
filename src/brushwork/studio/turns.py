"""Turns at computing: quick paintings go between two iterations of a long one, so that two never share the cores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Lets one thread compute at a time; the long painting gives way when a quick one waits."""

    def __init__(self) -> None:
        self._free = Condition()
        self._is_taken = False
        self._quick = 0

    @property
    def is_awaited(self) -> bool:
        """Whether a quick painting waits."""
        return self._quick > 0

    @contextmanager
    def quick(self) -> Iterator[None]:
        """Context manager of a quick painting: waits for the end of the running iteration."""
        with self._free:
            self._quick += 1
            self._free.wait_for(lambda: not self._is_taken)
            self._quick -= 1
            self._is_taken = True
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def long(self) -> Iterator[None]:
        """Context manager of a long painting, which calls `give_way` between its iterations."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def give_way(self) -> None:
        """Let waiting quick paintings go first."""
        if self.is_awaited:
            self._leave()
            self._enter()

    def _enter(self) -> None:
        with self._free:
            self._free.wait_for(lambda: not self._is_taken and not self._quick)
            self._is_taken = True

    def _leave(self) -> None:
        with self._free:
            self._is_taken = False
            self._free.notify_all()
