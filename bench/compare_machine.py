"""The machine that the comparison ran on, by name."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from compare_task import OURS, PEERS


def machine(threads: int, device: str) -> dict[str, Any]:
    """What a number of the table depends on."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "device": device if device == "cpu" else torch.cuda.get_device_name() if device == "cuda" else device,
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def processor() -> str:
    """The model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def why_not(peer: str) -> str | None:
    """Why a peer cannot be compared with here; None: it can."""
    try:
        here = version(peer)
    except Exception:
        return "it is not installed: pip install --no-deps -r requirements-peers.txt"
    return None if here == PEERS[peer] else f"version {here} is installed, the comparison is with {PEERS[peer]}"


def revision() -> str:
    """Version of brushwork, and commit where there is one."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return version(OURS)
    return f"{version(OURS)} ({commit})"
