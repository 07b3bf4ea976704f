"""What every module keeps: public names, lengths, docstrings, unique class names, names of exceptions."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import brushwork
from source_trees import MODULES, SOURCE, tree_of

LONGEST_FILE, LONGEST_FUNCTION = 300, 70
FORBIDDEN_NAMES = {"utils", "helpers", "misc", "common", "core", "base"}


def named(module: Path) -> str:
    """Returns a module's path as messages name it."""
    return str(module.relative_to(SOURCE))


@pytest.mark.parametrize("name", brushwork.__all__)
def test_every_public_name_is_there_and_documented(name):
    member = getattr(brushwork, name)
    if callable(member):
        assert member.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="public names"):
        brushwork.no_such_name  # noqa: B018


@pytest.mark.parametrize("package", ["brushwork", "brushwork.images", "brushwork.losses", "brushwork.recipes"])
def test_lazy_packages_have_the_names_that_they_list(package):
    module = import_module(package)
    assert set(dir(module)) | {"__version__"} == set(module.__all__) | {"__version__"}
    assert all(getattr(module, name) is not None for name in module.__all__)


def test_import_is_instant_and_brings_no_torch():
    code = "import brushwork, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_files_and_functions_are_small():
    lengths = {named(module): len(module.read_text().splitlines()) for module in MODULES}
    functions = {
        f"{named(module)}: {node.name}": node.end_lineno - node.lineno
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef)
    }
    assert not {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE}
    assert not {name: lines for name, lines in functions.items() if lines >= LONGEST_FUNCTION}
    assert not [named(module) for module in MODULES if module.stem in FORBIDDEN_NAMES]


def test_public_functions_and_classes_have_docstrings():
    bare = [
        f"{named(module)}: {node.name}"
        for module in MODULES
        for node in tree_of(module).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert not bare


def test_the_library_never_prints():
    prints = [
        f"{named(module)}:{node.lineno}"
        for module in MODULES
        if "cli" not in module.parts
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not prints
