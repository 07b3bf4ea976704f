"""Measure the peak memory of a computation without running it.

On torch's device `meta`, tensors have shapes and no values. A computation that runs there, forward and backward,
allocates and frees the same tensors as on other devices; the meter adds up their sizes.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from brushwork.devices.meta_results import MetaResults

META = torch.device("meta")

AnyModule = TypeVar("AnyModule", bound=nn.Module)


class MemoryMeter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Dispatch mode that counts the bytes of the tensors that are created on `meta` and still referenced.

    All values that a program reads from a tensor on `meta` are 0, so that programs that read a loss can continue.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live: int = 0
        """Current bytes."""
        self.peak: int = 0
        """Peak bytes so far."""
        self._sizes: dict[int, int] = {}
        self._results = MetaResults()

    def __torch_dispatch__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if function is torch.ops.aten._local_scalar_dense.default and args[0].device == META:
            return torch.zeros((), dtype=args[0].dtype).item()
        result = self._results.compute(function, args, kwargs or {})
        for value in tree_leaves(result):
            if isinstance(value, Tensor) and value.device == META:
                self._count(value.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        address = storage._cdata
        if address in self._sizes:
            return
        self._sizes[address] = storage.nbytes()
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._forget, address)

    def _forget(self, address: int) -> None:
        self.live -= self._sizes.pop(address)


def to_meta(module: AnyModule) -> AnyModule:
    """Return a copy of a module on `meta`, without values, including modules that it holds unregistered in lists."""
    bare: dict[int, Any] = {}
    parts: list[nn.Module] = [module, *_find_unregistered(module)]
    for part in parts:
        bare |= {id(buffer): torch.empty_like(buffer, device=META) for buffer in part.buffers()}
        for parameter in part.parameters():
            bare[id(parameter)] = nn.Parameter(torch.empty_like(parameter, device=META), requires_grad=False)
    return deepcopy(module, bare)


def _find_unregistered(module: nn.Module) -> Iterator[nn.Module]:
    for value in vars(module).values():
        if isinstance(value, list):
            yield from (one for one in value if isinstance(one, nn.Module))
