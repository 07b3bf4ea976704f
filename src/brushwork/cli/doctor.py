"""`brushwork doctor`: what this machine has, what is wrong, and what to do."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import torch
from rich.table import Table

from brushwork import __version__
from brushwork.cli.consoles import console
from brushwork.cli.exits import FAILURE
from brushwork.cli.foresee import gigabytes
from brushwork.cli.output import print_json
from brushwork.cli.panels import JsonFlag
from brushwork.cli.perform import device_name
from brushwork.cli.weights import megabytes
from brushwork.errors import InputError
from brushwork.evaluate.machine import choice_of_device, pick_device
from brushwork.evaluate.memory import available_memory
from brushwork.folders import nearest_folder, temporary_place
from brushwork.perception import weight_sets
from brushwork.perception.cache import cache_folder
from brushwork.perception.choice import fastest
from brushwork.perception.engines import usable
from brushwork.perception.native.library import library
from brushwork.perception.precision import resolve
from brushwork.recipes import PRESETS

EXTRAS = {"giant": ("pyvips", "16-bit and giant pictures"), "plot": ("matplotlib", "--plot")}
ACCELERATORS = ("cuda", "mps", "xpu")


class Finding(NamedTuple):
    """One thing about this machine."""

    what: str
    value: str
    trouble: str = ""
    """What is wrong and what to do; empty when all is well, or when nothing needs it."""
    grave: bool = False
    """Whether painting fails because of it."""


def doctor(*, json: JsonFlag = False) -> int:
    """Tell what this machine has, what is wrong, and what to do. The exit code is 1 when painting would fail.

    Parameters
    ----------
    json
        Print the findings as one JSON document.
    """
    findings = [*_software(), *_machine(), *_folders(), *_weights(), *_extras()]
    grave = [one for one in findings if one.grave]
    if json:
        print_json({"healthy": not grave, "findings": [one._asdict() for one in findings]})
    else:
        _print(findings)
    return FAILURE if grave else 0


def _print(findings: list[Finding]) -> None:
    terminal = console()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for one in findings:
        table.add_row(one.what, one.value)
    terminal.print(table)
    troubles = [one for one in findings if one.trouble]
    terminal.print()
    for one in troubles:
        mark, style = ("wrong", "bold red") if one.grave else ("note", "yellow")
        terminal.print(f"{mark}: ", style=style, end="")
        terminal.print(f"{one.what}: {one.trouble}", soft_wrap=True)
    if not any(one.grave for one in troubles):
        terminal.print("All is well: brushwork can paint here.", style="green")


def _software() -> Iterator[Finding]:
    yield Finding("brushwork", __version__)
    yield Finding("python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("system", platform.platform())
    yield Finding("torch", torch.__version__)
    yield Finding("pillow", version("pillow"))


def _machine() -> Iterator[Finding]:
    device = pick_device("auto")
    yield Finding("device", f"{device_name(device)}; {choice_of_device()}")
    yield Finding("precision", f"{resolve('auto', device)}, taken by --precision auto on {device.type}")
    yield Finding("accelerators", ", ".join(_accelerators()) or "none that torch can use")
    limit = os.environ.get("OMP_NUM_THREADS")
    given = f", OMP_NUM_THREADS={limit}" if limit else ""
    yield Finding("threads", f"{torch.get_num_threads()} of {os.cpu_count()} cores{given}")
    yield _engine()
    left = available_memory(device)
    yield Finding("memory", "unknown" if left is None else f"{gigabytes(left)} may be used on {device.type}")


def _engine() -> Finding:
    compiled = library()
    others = ", ".join(engine for engine in usable() if engine != fastest())
    value = f"{fastest()}, taken by --engine auto on processors; there are also {others}"
    if compiled is None:
        advice = "the fast path is missing: install a C++ compiler (g++ or clang++), and brushwork once more"
        return Finding("engine", value, advice)
    return Finding("engine", f"{value}; kernels for {compiled.variant}")


def _accelerators() -> Iterator[str]:
    for name in ACCELERATORS:
        with suppress(InputError):
            yield device_name(pick_device(name))


def _weights() -> Iterator[Finding]:
    yield _cache()
    needed = {preset.network for preset in PRESETS.values()}
    for one in weight_sets():
        what, grave = f"weights {one.name}", one.name in needed and bool(one.hint)
        if one.state == "missing" and not grave:
            yield Finding(what, f"not here; brushwork weights get {one.name}")
        else:
            state = ", ".join(part for part in (one.state, one.architecture, megabytes(one.size)) if part)
            yield Finding(what, state, one.hint, grave)


def _cache() -> Finding:
    folder = cache_folder()
    nearest = nearest_folder(folder)
    if _takes_files(nearest):
        return Finding("cache", str(folder))
    return Finding("cache", str(folder), f"{nearest} cannot be written: name another folder in BRUSHWORK_CACHE.")


def _folders() -> Iterator[Finding]:
    here = Path.cwd()
    advice = f"{here} cannot be written: name another one for results with -o."
    yield Finding("current folder", str(here), "" if _takes_files(here) else advice)
    try:
        yield Finding("temporary files", temporary_place())
    except InputError as error:
        advice = f"{error} Without it they lie beside the result, and - for a picture is refused."
        yield Finding("temporary files", "no place", advice)


def _takes_files(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _extras() -> Iterator[Finding]:
    for extra, (package, purpose) in EXTRAS.items():
        try:
            yield Finding(f"extra {extra}", f"{package} {version(package)}")
        except PackageNotFoundError:
            advice = f"not installed; for {purpose}: pip install 'brushwork[{extra}]'"
            yield Finding(f"extra {extra}", "not installed", advice)
