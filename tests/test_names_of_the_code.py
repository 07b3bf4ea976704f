"""Rules that every name in the package keeps."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from source_trees import MODULES, SOURCE, tree_of


def _module(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _trees() -> dict[str, ast.Module]:
    return {_module(path): tree_of(path) for path in MODULES}


def _classes() -> list[tuple[str, ast.ClassDef]]:
    return [
        (module, node) for module, tree in _trees().items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]


def test_a_class_name_stands_once() -> None:
    homes = defaultdict(list)
    for module, node in _classes():
        homes[node.name.lstrip("_")].append((module, node.name))
    public = {name: found for name, found in homes.items() if any(not written.startswith("_") for _, written in found)}
    assert not {name: found for name, found in public.items() if len(found) > 1}


def test_exceptions_end_in_error() -> None:
    bases = {node.name: [ast.unparse(base).split(".")[-1] for base in node.bases] for _, node in _classes()}

    def is_exception(name: str) -> bool:
        outside = name in ("Exception", "BaseException") or (name.endswith("Error") and name not in bases)
        return outside or any(map(is_exception, bases.get(name, [])))

    assert not [name for name in bases if is_exception(name) and not name.endswith("Error")]


def test_no_module_is_hidden_by_a_name_of_its_package() -> None:
    hidden, trees = [], _trees()
    for module, tree in trees.items():
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        blocks = [block for node in tree.body for block in (node, *(node.body if isinstance(node, ast.If) else ()))]
        for node in blocks:
            if isinstance(node, ast.ImportFrom | ast.Import):
                names |= {alias.asname or alias.name for alias in node.names}
        hidden += [f"{module}.{name}" for name in sorted(names) if f"{module}.{name}" in trees]
    assert not hidden
