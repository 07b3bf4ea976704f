"""The platform tag of a wheel with the native kernels; hatch_build.py runs this file."""

from __future__ import annotations

import platform
import re
import sysconfig
from pathlib import Path

MANYLINUX = (2, 28)
NEWEST = {"GLIBC": MANYLINUX, "GLIBCXX": (3, 4, 24), "CXXABI": (1, 3, 11), "GCC": (7, 0, 0)}
"""The newest symbol versions that the tag manylinux_2_28 allows (PEP 600); torch's own wheels need that tag too."""

SYMBOL = re.compile(rb"\0(GLIBC|GLIBCXX|CXXABI|GCC)_([0-9.]+)(?=\0)")


def platform_tag(library: Path) -> str:
    """Return manylinux_2_28 if the library runs wherever wheels of that tag install, else the tag of this system."""
    own = re.sub(r"[-.]", "_", sysconfig.get_platform())
    name, version = platform.libc_ver()
    if name != "glibc" or _numbers(version) < MANYLINUX or not own.startswith("linux_"):
        return own
    needed = [(kind.decode(), _numbers(number.decode())) for kind, number in SYMBOL.findall(library.read_bytes())]
    if not all(number <= NEWEST[kind] for kind, number in needed):
        return own
    return f"manylinux_{MANYLINUX[0]}_{MANYLINUX[1]}_{own.removeprefix('linux_')}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part)
