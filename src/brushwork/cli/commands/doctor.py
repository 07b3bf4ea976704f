"""`brushwork doctor`: check this machine, and say what is wrong and what to do."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.table import Table

from brushwork import devices, encoders
from brushwork._version import __version__
from brushwork.cli.consoles import make_console
from brushwork.cli.flags import JsonFlag
from brushwork.cli.output import FAILURE, print_json
from brushwork.errors import InputError
from brushwork.recipes import ReconstructionOptions, TextureOptions, TransferOptions
from brushwork.storage.folders import nearest_folder, temporary_place
from brushwork.units import format_gigabytes, format_megabytes

if TYPE_CHECKING:
    import torch

EXTRAS = {
    "studio": ("dbos", "brushwork studio"),
    "video": ("av", "films"),
    "giant": ("pyvips", "16-bit and giant pictures"),
    "plot": ("matplotlib", "--plot"),
    "onnx": ("onnxscript", "models export"),
    "ray": ("ray", "reproduce --engine ray"),
}
"""Extra → a package that it brings, and what needs it."""

_LITTLE = 10**9
"""Bytes of memory below which the default size does not fit whole: 512 pixels take 0.8 GB."""

ACCELERATORS = ("cuda", "mps", "xpu")


class Diagnosis(NamedTuple):
    """One finding about this machine."""

    item: str
    value: str
    problem: str = ""
    """What is wrong and what to do; empty if nothing is wrong, or if nothing needs it."""
    is_fatal: bool = False
    """Whether runs fail because of it."""


def doctor(*, json: JsonFlag = False) -> int:
    """Check this machine, and say what is wrong and what to do. The exit code is 1 if runs would fail.

    Parameters
    ----------
    json
        Print the findings as one JSON document.
    """
    findings = [*_software(), *_machine(), *_folders(), *_weights(), *_extras()]
    grave = [one for one in findings if one.is_fatal]
    if json:
        print_json({"healthy": not grave, "findings": [one._asdict() for one in findings]})
    else:
        _print(findings)
    return FAILURE if grave else 0


def _print(findings: list[Diagnosis]) -> None:
    terminal = make_console()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        table.add_row(one.item, one.value)
    terminal.print(table)
    troubles = [one for one in findings if one.problem]
    terminal.print()
    for one in troubles:
        mark, style = ("wrong", "bold red") if one.is_fatal else ("note", "yellow")
        terminal.print(f"{mark}: ", style=style, end="")
        terminal.print(f"{one.item}: {one.problem}", soft_wrap=True)
    if not any(one.is_fatal for one in troubles):
        terminal.print("Everything works: brushwork can paint on this machine.", style="green")


def _software() -> Iterator[Diagnosis]:
    yield Diagnosis("brushwork", __version__)
    yield Diagnosis("python", f"{platform.python_version()} ({sys.executable})")
    yield Diagnosis("system", platform.platform())
    yield Diagnosis("torch", version("torch"))
    yield Diagnosis("pillow", version("pillow"))


def _machine() -> Iterator[Diagnosis]:
    device = devices.select_device("auto")
    yield Diagnosis("device", f"{devices.describe_device(device)}; {devices.describe_device_choice()}")
    yield Diagnosis(
        "precision", f"{encoders.resolve_precision('auto', device)}, chosen by --precision auto on {device.type}"
    )
    fault = devices.find_fault(device.type, devices.torch_build(), devices.find_hardware())
    yield Diagnosis("accelerators", ", ".join(_accelerators()) or "none that torch can use", fault)
    yield Diagnosis("advice", devices.advise(device.type, has_matrix_units=encoders.has_matrix_units()))
    limit = os.environ.get("OMP_NUM_THREADS")
    given = f", OMP_NUM_THREADS={limit}" if limit else ""
    yield Diagnosis("threads", f"{devices.number_of_threads()} of {os.cpu_count()} cores{given}")
    yield _engine()
    yield _memory(device)


def _memory(device: torch.device) -> Diagnosis:
    left = devices.available_memory(device)
    if left is None:
        return Diagnosis("memory", "unknown")
    advice = "little is free: close other programs, or use --size 384 or less; brushwork plan says what a picture needs"
    return Diagnosis("memory", f"{format_gigabytes(left)} available on {device.type}", advice if left < _LITTLE else "")


def _engine() -> Diagnosis:
    compiled = encoders.load_library()
    others = ", ".join(engine for engine in encoders.usable_engines() if engine != encoders.default_engine())
    value = f"{encoders.default_engine()}, chosen by --engine auto on CPUs; also available: {others}"
    if compiled is None:
        advice = (
            "no fast kernels: install the wheel that is built for this system, or install from the sources where there "
            "is a C++ compiler (g++ or clang++)"
        )
        return Diagnosis("engine", value, advice)
    return Diagnosis("engine", f"{value}; kernels for {compiled.variant}")


def _accelerators() -> Iterator[str]:
    for name in ACCELERATORS:
        with suppress(InputError):
            yield devices.describe_device(devices.select_device(name))


def _weights() -> Iterator[Diagnosis]:
    yield _cache()
    needed = {options.network for options in (TransferOptions(), TextureOptions(), ReconstructionOptions())}
    for one in encoders.weight_sets():
        what, grave = f"weights {one.name}", one.name in needed and bool(one.hint)
        if one.state == "missing" and not grave:
            yield Diagnosis(what, f"not installed; brushwork weights get {one.name}")
        else:
            state = ", ".join(part for part in (one.state, one.architecture, format_megabytes(one.size)) if part)
            yield Diagnosis(what, state, one.hint, grave)


def _cache() -> Diagnosis:
    folder = encoders.cache_folder()
    nearest = nearest_folder(folder)
    if _takes_files(nearest):
        return Diagnosis("cache", str(folder))
    return Diagnosis("cache", str(folder), f"{nearest} is not writable: set BRUSHWORK_CACHE to another folder.")


def _folders() -> Iterator[Diagnosis]:
    here = Path.cwd()
    advice = f"{here} is not writable: choose another folder for results with -o."
    yield Diagnosis("current folder", str(here), "" if _takes_files(here) else advice)
    try:
        yield Diagnosis("temporary files", temporary_place())
    except InputError as error:
        advice = f"{error} Without one, they are written beside the result, and - (standard input) is refused."
        yield Diagnosis("temporary files", "none", advice)


def _takes_files(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _extras() -> Iterator[Diagnosis]:
    for extra, (package, purpose) in EXTRAS.items():
        try:
            yield Diagnosis(f"extra {extra}", f"{package} {version(package)}")
        except PackageNotFoundError:
            yield Diagnosis(f"extra {extra}", f"not installed; for {purpose}: pip install 'brushwork[{extra}]'")
