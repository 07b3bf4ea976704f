"""Advice for each kind of machine on how to make torch use its accelerator."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

CPU_BUILD = "CPUs only"
"""What `torch_build` returns for a torch that uses no accelerator."""

_GET_TORCH = "https://pytorch.org/get-started/locally"

_COMPARE = "compare a first picture with --device cpu, and report a difference"

_READY = {
    "cuda": f"the GPU is used. It has not been measured on one yet: {_COMPARE}",
    "xpu": f"the GPU is used. It is not tested: {_COMPARE}",
    "mps": f"the Mac's GPU is used. It is not tested: {_COMPARE}",
}
"""Kind of the device that `--device auto` selects → what to do."""


class Hardware(NamedTuple):
    """Accelerators that the machine itself shows, whether or not torch can use them."""

    nvidia: bool = False
    amd: bool = False


def find_hardware(root: Path = Path("/")) -> Hardware:
    """Return the accelerators whose drivers are installed; `root` holds /proc and /dev."""
    driver = (root / "proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    return Hardware(nvidia=driver, amd=(root / "dev/kfd").exists() and sys.platform == "linux")


def find_fault(device: str, build: str, hardware: Hardware) -> str:
    """Return why torch does not use an existing accelerator, and what to do; empty if it does.

    `device`: kind that `auto` selects. `build`: platform that torch was built for.
    """
    if device != "cpu":
        return ""
    if hardware.nvidia and build.startswith("CUDA"):
        return (
            f"there is an NVIDIA driver, but torch for {build} cannot use it: update the driver, or install a torch "
            f"for an older CUDA ({_GET_TORCH})"
        )
    for name, is_there, platform in (("NVIDIA", hardware.nvidia, "CUDA"), ("AMD", hardware.amd, "ROCm")):
        if is_there and not build.startswith(platform):
            remedy = f"install a torch for {platform} ({_GET_TORCH})"
            return f"there is an {name} GPU, but torch was built for {build}: {remedy}"
    return ""


def advise(device: str, *, has_matrix_units: bool = False) -> str:
    """Return what to do on a machine on which `auto` selects a device of this kind.

    `has_matrix_units`: the compiled engine multiplies bfloat16 in matrix units of the CPU.
    """
    faster = "; --precision bf16 halves the time of the other qualities on this CPU" if has_matrix_units else ""
    return _READY.get(
        device,
        f"no GPU: begin with --quality draft or --instant{faster}; brushwork plan says how long a picture takes",
    )
