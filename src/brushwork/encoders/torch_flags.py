"""Context managers that set torch's precision flags for a block and restore them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch


def exact_precision(device: torch.device) -> AbstractContextManager[object]:
    """Disable autocast for a block, because sums in its float16 overflow."""
    kind = device.type
    known = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.autocast(kind, enabled=False) if known else nullcontext()


@contextmanager
def set_convolution_tf32(*, tf32: bool) -> Iterator[None]:
    """Set whether cuDNN's float32 convolutions compute in TF32, for the whole process."""
    cudnn = torch.backends.cudnn
    with _set(cudnn.conv, tf32) if hasattr(cudnn, "conv") else _set_older(cudnn, tf32):
        yield


@contextmanager
def set_matmul_tf32(*, tf32: bool) -> Iterator[None]:
    """Set whether cuBLAS's float32 matrix products compute in TF32, for the whole process."""
    matmul = torch.backends.cuda.matmul
    with _set(matmul, tf32) if hasattr(torch.backends.cudnn, "conv") else _set_older(matmul, tf32):
        yield


@contextmanager
def _set(place: Any, tf32: bool) -> Iterator[None]:
    before = place.fp32_precision
    place.fp32_precision = "tf32" if tf32 else "ieee"
    try:
        yield
    finally:
        place.fp32_precision = before


@contextmanager
def _set_older(place: Any, tf32: bool) -> Iterator[None]:
    """Set the flag under its name in torch up to 2.8."""
    before = place.allow_tf32
    place.allow_tf32 = tf32
    try:
        yield
    finally:
        place.allow_tf32 = before
