"""Compile the native kernels: `python -m brushwork.encoders.native.build`, and during installation."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = "_kernels.dylib" if sys.platform == "darwin" else "_kernels.so"
FLAGS = ("-std=c++17", "-O3", "-fPIC", "-Wno-psabi", "-ffp-contract=fast")

_AVX512 = ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512")

VARIANTS = {
    "generic": (),
    "avx2": ("-mavx2", "-mfma"),
    "avx512": _AVX512,
    "amx": (*_AVX512, "-mavx512bw", "-mavx512bf16", "-mamx-tile", "-mamx-bf16"),
}
"""Name → flags. The library contains all variants, and uses the best one the processor supports."""

NO_KERNELS = "BRUSHWORK_NO_KERNELS"
"""Environment variable. If it is set to anything, nothing is compiled."""


def build_library(target: Path = FOLDER) -> str:
    """Compile the library into a folder, by default beside its sources.

    Return the error message, or an empty string on success.
    """
    if os.environ.get(NO_KERNELS):
        return f"{NO_KERNELS} is set"
    compiler = shlex.split(os.environ.get("CXX", "")) or _compiler()
    if not compiler:
        return "no C++ compiler was found (c++, g++, clang++)"
    try:
        with tempfile.TemporaryDirectory() as folder:
            _compile(compiler, Path(folder), target)
    except subprocess.CalledProcessError as error:
        return f"{compiler[0]} failed: {(error.stderr or '').strip()[-400:]}"
    except OSError as error:
        return str(error)
    return ""


def _compile(compiler: list[str], folder: Path, target: Path) -> None:
    variants = {name: flags for name, flags in _variants().items() if name != "amx" or _compiles(compiler, flags)}
    jobs = [(name, ["variant.cpp", f"-DVARIANT={name}", *flags]) for name, flags in variants.items()]
    jobs += [("entry", ["entry.cpp", *(f"-DWITH_{name}" for name in variants)]), ("threads", ["threads.cpp"])]
    for name, (source, *flags) in jobs:
        _run([*compiler, *FLAGS, *flags, "-c", str(FOLDER / source), "-o", str(folder / f"{name}.o")])
    objects = [str(folder / f"{name}.o") for name, _ in jobs]
    # Renamed into place, so that a process that has loaded the old library keeps it intact.
    fresh = target / f".{LIBRARY}.{os.getpid()}"
    _run([*compiler, "-shared", *objects, "-o", str(fresh), "-pthread"])
    fresh.replace(target / LIBRARY)


def _compiles(compiler: list[str], flags: Sequence[str]) -> bool:
    """Return whether the compiler and its assembler know the instructions of the matrix units, as g++ does since 11."""
    with tempfile.TemporaryDirectory() as folder, suppress(subprocess.CalledProcessError):
        source = Path(folder) / "empty.cpp"
        source.write_text("#include <immintrin.h>\nvoid run() { _tile_dpbf16ps(0, 1, 2); }\n")
        _run([*compiler, *FLAGS, *flags, "-c", str(source), "-o", str(Path(folder) / "empty.o")])
        return True
    return False


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)


def _compiler() -> list[str]:
    return next(([name] for name in ("c++", "g++", "clang++") if shutil.which(name)), [])


def _variants() -> dict[str, tuple[str, ...]]:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return {"generic": ()}
    return {name: flags for name, flags in VARIANTS.items() if name != "amx" or sys.platform == "linux"}


if __name__ == "__main__":
    sys.exit(build_library() or 0)
