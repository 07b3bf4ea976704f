"""The house as seen from outside: public names, rooms, lengths."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import brushwork

SOURCE = Path(brushwork.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 300, 70
FORBIDDEN_NAMES = {"utils", "helpers", "misc", "common", "core", "base"}


@pytest.mark.parametrize("name", brushwork.__all__)
def test_every_public_name_is_there_and_documented(name):
    member = getattr(brushwork, name)
    if callable(member):
        assert member.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="public names"):
        brushwork.no_such_name  # noqa: B018


def test_import_is_instant_and_brings_no_torch():
    code = "import brushwork, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_rooms_are_small(module):
    text = module.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    assert module.stem not in FORBIDDEN_NAMES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION, node.name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_public_functions_and_classes_have_docstrings(module):
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{module.name}: {node.name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_the_library_never_prints(module):
    if "cli" in module.parts:
        return
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
