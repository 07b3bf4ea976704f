"""Packages that import their names on first use, so that help pages and options do not wait for torch (PEP 562)."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path


def lazy_exports(package: str, file: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package, for the names under `if TYPE_CHECKING:` in its `__init__.py`."""
    homes = {
        alias.name: str(node.module)
        for block in ast.parse(Path(file).read_text(encoding="utf-8")).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"{package} has no {name!r}; its public names are in {package}.__all__.")
        return getattr(import_module(homes[name]), name)

    return get, lambda: sorted(homes)


@cache
def import_modules(package: str, mark: str) -> None:
    """Import the modules of a package whose source contains this mark, so that each registers what it defines."""
    folder = Path(str(import_module(package).__file__)).parent
    for file in folder.glob("*.py"):
        if mark in file.read_text(encoding="utf-8"):
            import_module(f"{package}.{file.stem}")
