"""Available and allocated memory of a device."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from numbers import Real
from pathlib import Path

import torch

from brushwork.encoders.native.arena import PERSISTENT, TEMPORARY
from brushwork.errors import InputError

_KIBI = 1024


def available_memory(device: torch.device) -> int | None:
    """Return the bytes that can still be allocated on a device, without swapping; None if unknown.

    On the CPU, this is the machine's available memory, limited by the containers that the process runs in.
    """
    match device.type:
        case "cpu":
            return _of_system()
        case "cuda":
            reusable = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
            return torch.cuda.mem_get_info(device)[0] + reusable
        case "xpu":
            reusable = torch.xpu.memory_reserved(device) - torch.xpu.memory_allocated(device)
            return torch.xpu.mem_get_info(device)[0] + reusable
        case "mps":
            return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None


def allocated_memory(device: torch.device) -> int:
    """Return the bytes that this process already holds on the CPU; 0 for other devices, or if unknown."""
    if device.type != "cpu":
        return 0
    pages = _text(Path("/proc/self/statm")).split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if pages else 0


def memory_budget(device: torch.device, memory: int | None) -> int | None:
    """Return the bytes left of a limit of `memory` (None: of the device's memory); None if unknown.

    Raises: InputError: the limit is not a number, or is negative.
    """
    if not isinstance(memory, Real | None) or (memory is not None and not memory >= 0):
        raise InputError(f"memory is {memory!r}: it must be a number of bytes, such as 6e9 for 6 GB.")
    return available_memory(device) if memory is None else max(0, memory - allocated_memory(device))


def trim_memory() -> None:
    """Return freed memory to the system: glibc and the compiled engine keep it, and it counts as held.

    Networks of earlier jobs are freed first: they are in reference cycles, which are collected late.
    """
    gc.collect()
    for pool in (TEMPORARY, PERSISTENT):
        pool.trim()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _of_system() -> int | None:
    if sys.platform == "linux":
        return read_linux_memory()
    if sys.platform == "win32":
        return _windows_memory()
    try:
        # There is no portable way to read the available memory; the installed memory is an upper bound.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def read_linux_memory(root: Path = Path("/")) -> int | None:
    """Return the kernel's available memory, or less if a control group allows less; `root` holds /proc and /sys."""
    return min((*_meminfo(root), *_groups(root)), default=None)


def _meminfo(root: Path) -> Iterator[int]:
    numbers = _table(root / "proc/meminfo")
    if "MemAvailable:" in numbers:
        yield numbers["MemAvailable:"] * _KIBI


def _groups(root: Path) -> Iterator[int]:
    """Yield the bytes left in each control group around this process, of version 2 or 1."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _left(root / "sys/fs/cgroup", path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            yield from _left(root / "sys/fs/cgroup/memory", path, *names)


def _left(mount: Path, path: str, limit: str, usage: str, cached: str) -> Iterator[int]:
    """Yield limit − usage of a group and of its parents; cached files do not count, because they are evicted."""
    group = mount / path.strip("/")
    for folder in (group, *group.parents):
        most, used = _text(folder / limit).strip(), _text(folder / usage).strip()
        if most.isdigit() and used.isdigit():
            yield max(0, int(most) - int(used) + _table(folder / "memory.stat").get(cached, 0))
        if folder == mount:
            return


def _table(path: Path) -> dict[str, int]:
    """Return a table from lines of a name and a number."""
    rows = (line.split() for line in _text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}


def _text(path: Path) -> str:
    """Return a file's text; empty if it cannot be read."""
    try:
        return path.read_text()
    except OSError:
        return ""


_AMOUNTS = ("total", "available", "pages", "pages_left", "virtual", "virtual_left", "extended")


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        *((name, ctypes.c_ulonglong) for name in _AMOUNTS),
    )


def _windows_memory() -> int | None:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (mypy knows it on Windows only)
    return int(status.available) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None
