"""The package's modules as syntax trees, parsed once in a process and not while tests are collected."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import brushwork

SOURCE = Path(brushwork.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))


@cache
def tree_of(module: Path) -> ast.Module:
    """Return the syntax tree of a module's file."""
    return ast.parse(module.read_text())
