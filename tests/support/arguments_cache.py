"""Commands' arguments, read from their signatures once in a process: that takes most of a short command's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any

from cyclopts.argument import Argument, ArgumentCollection


class ArgumentsCache:
    """While it is entered, keeps what `ArgumentCollection._from_callable` returns, and hands out copies."""

    def __init__(self) -> None:
        self._read = ArgumentCollection._from_callable
        self._kept: dict[tuple[Any, ...], ArgumentCollection] = {}

    def __enter__(self) -> ArgumentsCache:
        ArgumentCollection._from_callable = self.read  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *_: object) -> None:
        ArgumentCollection._from_callable = self._read  # type: ignore[method-assign]

    def read(
        self, function: Callable[..., Any], *defaults: Any, reserved: Iterable[str] | None = None, **how: Any
    ) -> ArgumentCollection:
        """What `ArgumentCollection._from_callable` returns."""
        flags = None if reserved is None else tuple(reserved)
        key = function, flags, repr(defaults), repr(how)
        if key not in self._kept:
            self._kept[key] = self._read(function, *defaults, reserved=flags, **how)
        return _copied(self._kept[key])


def _copied(arguments: ArgumentCollection) -> ArgumentCollection:
    """Arguments that nothing was given for yet, each below the copy of its parent."""
    copies: dict[int, Argument] = {}
    for one in _all(arguments):
        copies[id(one)] = copy(one)
    for one in copies.values():
        one.tokens = []
        one.children = ArgumentCollection(copies[id(child)] for child in one.children)
    return ArgumentCollection(copies[id(one)] for one in arguments)


def _all(arguments: Iterable[Argument]) -> Iterable[Argument]:
    for one in arguments:
        yield one
        yield from _all(one.children)
