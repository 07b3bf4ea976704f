"""Several processes on one image: process groups, and rows exchanged between ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brushwork._lazy import lazy_exports

if TYPE_CHECKING:
    from brushwork.distributed.process_group import ProcessGroup, TorchProcessGroup
else:
    __getattr__, __dir__ = lazy_exports(__name__, __file__)

__all__ = [
    "ProcessGroup",
    "TorchProcessGroup",
]
