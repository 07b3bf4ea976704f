from __future__ import annotations

import sys
from mmap import mmap
from types import SimpleNamespace

import pytest
import torch

from brushwork.devices import memory
from brushwork.devices.memory import allocated_memory, available_memory, read_linux_memory, trim_memory
from brushwork.encoders.native.arena import TEMPORARY

CPU = torch.device("cpu")
MEBI = 2**20


def machine(root, files):
    """A root folder with these files under /proc and /sys."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMINFO = {"proc/meminfo": f"MemTotal: {8 * 1024**2} kB\nMemFree: 1 kB\nMemAvailable: {4 * 1024**2} kB\nHuge: 0\n"}
TWO = {"proc/self/cgroup": "0::/outer/inner\n"}
ONE = {"proc/self/cgroup": "7:cpu,cpuacct:/\n4:memory:/docker/abc\n1:name=systemd:/\n0::/\n"}


def test_what_the_kernel_calls_available(tmp_path):
    assert read_linux_memory(machine(tmp_path, MEMINFO)) == 4 * 1024 * MEBI


def test_nothing_is_known_without_files(tmp_path):
    assert read_linux_memory(tmp_path) is None


def test_a_group_of_version_2_allows_less(tmp_path):
    group = {
        "sys/fs/cgroup/outer/inner/memory.max": f"{100 * MEBI}\n",
        "sys/fs/cgroup/outer/inner/memory.current": f"{60 * MEBI}\n",
        "sys/fs/cgroup/outer/inner/memory.stat": f"anon 5\ninactive_file {10 * MEBI}\n",
    }
    assert read_linux_memory(machine(tmp_path, MEMINFO | TWO | group)) == 50 * MEBI


def test_the_group_around_it_counts_too(tmp_path):
    groups = {
        "sys/fs/cgroup/outer/inner/memory.max": "max\n",
        "sys/fs/cgroup/outer/inner/memory.current": f"{MEBI}\n",
        "sys/fs/cgroup/outer/memory.max": f"{20 * MEBI}\n",
        "sys/fs/cgroup/outer/memory.current": f"{15 * MEBI}\n",
    }
    assert read_linux_memory(machine(tmp_path, MEMINFO | TWO | groups)) == 5 * MEBI


def test_a_group_of_version_1_seen_from_inside_of_a_container(tmp_path):
    group = {
        "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{100 * MEBI}\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{60 * MEBI}\n",
        "sys/fs/cgroup/memory/memory.stat": f"total_inactive_file {30 * MEBI}\n",
    }
    assert read_linux_memory(machine(tmp_path, MEMINFO | ONE | group)) == 70 * MEBI


def test_a_group_without_a_limit_changes_nothing(tmp_path):
    group = {
        "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes": "1000\n",
    }
    assert read_linux_memory(machine(tmp_path, MEMINFO | ONE | group)) == 4 * 1024 * MEBI


def test_a_group_that_is_over_its_limit_leaves_nothing(tmp_path):
    group = {"sys/fs/cgroup/memory.max": "10\n", "sys/fs/cgroup/memory.current": "20\n"}
    assert read_linux_memory(machine(tmp_path, MEMINFO | {"proc/self/cgroup": "0::/\n"} | group)) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_this_machine():
    available = available_memory(CPU)
    assert available is not None and 10 * MEBI < available < 2**50
    before = allocated_memory(CPU)
    with mmap(-1, 50 * MEBI) as ballast:
        ballast.write(bytes(50 * MEBI))
        assert allocated_memory(CPU) - before > 40 * MEBI


@pytest.mark.parametrize("kind", ["cuda", "xpu"])
def test_accelerators_reuse_what_their_allocator_holds(monkeypatch, kind):
    for name, value in {"memory_reserved": 30, "memory_allocated": 10, "mem_get_info": (100, 1000)}.items():
        monkeypatch.setattr(getattr(torch, kind), name, lambda _, value=value: value)
    assert available_memory(torch.device(kind)) == 120
    assert allocated_memory(torch.device(kind)) == 0


def test_apple(monkeypatch):
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 100)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 30)
    assert available_memory(torch.device("mps")) == 70


def test_other_devices_are_unknown():
    assert available_memory(torch.device("meta")) is None


def test_systems_that_report_only_what_is_installed(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    monkeypatch.setattr(memory.os, "sysconf", {"SC_PHYS_PAGES": 10, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert available_memory(CPU) == 40960
    monkeypatch.delattr(memory.os, "sysconf")
    assert available_memory(CPU) is None


def test_windows(monkeypatch):
    def answer(status):
        status._obj.available = 12345
        return 1

    monkeypatch.setattr(memory.sys, "platform", "win32")
    kernel = SimpleNamespace(GlobalMemoryStatusEx=answer)
    monkeypatch.setattr(memory.ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert available_memory(CPU) == 12345
    kernel.GlobalMemoryStatusEx = lambda status: 0
    assert available_memory(CPU) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the arena is a range of addresses as Linux has them")
def test_memory_of_the_compiled_engine_is_given_back_too():
    trim_memory()
    held, resident = TEMPORARY.size, allocated_memory(CPU)
    TEMPORARY.allocate((64, 2**20), torch.uint8).fill_(1)
    assert allocated_memory(CPU) > resident + 32 * MEBI
    trim_memory()
    assert TEMPORARY.size == held
    assert allocated_memory(CPU) < resident + 8 * MEBI


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read as Linux tells it")
def test_memory_in_cycles_of_references_is_given_back_too():
    trim_memory()
    resident = allocated_memory(CPU)
    cycle = [torch.ones(2**24)]
    cycle.append(cycle)
    del cycle
    trim_memory()
    assert allocated_memory(CPU) < resident + 8 * MEBI
