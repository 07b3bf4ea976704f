"""Results of torch's operators on the device `meta`, computed once for arguments of the same layouts.

Torch computes most of these layouts in Python, which takes up to a millisecond; most tiles of an image have the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

_MOST = 10_000
"""Number of results kept."""

_NUMBERS_AND_NAMES = (
    *(int, float, bool, complex, str, type(None)),
    *(torch.dtype, torch.layout, torch.device, torch.memory_format),
)


class _Layout(NamedTuple):
    """Everything about a tensor on `meta` that has its own storage."""

    size: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype

    @classmethod
    def of(cls, tensor: Tensor) -> _Layout:
        return cls(tensor.shape, tensor.stride(), tensor.dtype)

    def make(self) -> Tensor:
        return torch.empty_strided(self.size, self.stride, dtype=self.dtype, device="meta")


class _UnknownArgumentError(Exception):
    """An argument that is not compared."""


class MetaResults:
    """Computes operators on `meta`, and keeps the layouts of their results."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Layout | tuple[_Layout, ...]] = {}

    def compute(self, operator: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the result of the operator."""
        key = _key_of_call(operator, args, kwargs)
        if key is None:
            return operator(*args, **kwargs)
        kept = self._kept.get(key)
        if kept is None:
            result = operator(*args, **kwargs)
            self._keep(key, result)
            return result
        return kept.make() if isinstance(kept, _Layout) else tuple(one.make() for one in kept)

    def _keep(self, key: Hashable, result: Any) -> None:
        several = isinstance(result, tuple)
        tensors = result if several else (result,)
        if len(self._kept) < _MOST and all(map(_is_all_layout, tensors)):
            layouts = tuple(map(_Layout.of, tensors))
            self._kept[key] = layouts if several else layouts[0]


def _is_all_layout(result: Any) -> bool:
    """Return whether a result is a tensor on `meta` that is as large as its storage."""
    if type(result) is not Tensor or result.device.type != "meta":
        return False
    return result.untyped_storage().nbytes() == _Layout.of(result).make().untyped_storage().nbytes()


def _key_of_call(operator: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Hashable | None:
    """Return a key of all that the results' layouts depend on; None: they depend on more than is compared."""
    if not _makes_new_tensors(operator):
        return None
    try:
        return operator, _key(args), _key(tuple(kwargs.items()))
    except _UnknownArgumentError:
        return None


@cache
def _makes_new_tensors(operator: Callable[..., Any]) -> bool:
    """Return whether an operator changes none of its arguments, and returns none and no view of one."""
    schema = getattr(operator, "_schema", None)
    return schema is not None and all(one.alias_info is None for one in (*schema.arguments, *schema.returns))


def _key(value: Any) -> Hashable:
    kind = type(value)
    if kind is Tensor or kind is nn.Parameter:
        if value.device.type != "meta":
            raise _UnknownArgumentError
        return value.shape, value.stride(), value.dtype
    if kind is tuple or kind is list:
        return tuple(map(_key, value))
    if kind in _NUMBERS_AND_NAMES:
        return kind, value  # 1, 1.0 and True are equal, but give results of different types
    raise _UnknownArgumentError
