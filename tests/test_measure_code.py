"""The measures of the source: what they count, and those that must hold at every commit."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    path = Path(__file__).parents[1] / "scripts" / "measure_code.py"
    spec = importlib.util.spec_from_file_location("measure_code", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_return_is_a_step_to_a_file_that_was_left(measure: ModuleType) -> None:
    way = [("a", "f"), ("a", "g"), ("b", "h"), ("a", "i"), ("c", "j"), ("b", "k"), ("b", "l")]
    walk = measure.Walk(way)
    assert walk.files == ["a", "b", "c"]
    assert walk.returns == 2


def test_functions_are_measured_with_what_they_lack(measure: ModuleType) -> None:
    source = (
        'def one(a: int) -> int:\n    """Said."""\n    return a\n'
        "class Two:\n    def three(self, b) -> None: ...\n    def _four(self) -> None: ...\n"
    )
    assert [tuple(one) for one in measure.functions_of(ast.parse(source))] == [
        ("one", 3, True, True, True),
        ("Two.three", 1, False, True, False),
        ("Two._four", 1, True, False, False),
    ]


WALK = """
import sys
from pathlib import Path
import torch
import measure_code
from brushwork.images import LoadedImage, Size, resize
is_data = measure_code.data_of(Path("cat.png"), shapes=lambda height, width: (height, width) == (4, 7))
tracer = measure_code.Tracer(is_data)
image = LoadedImage(torch.zeros(1, 3, 4, 7), None, (), 8, "cat.png")
sys.setprofile(tracer)
image.reduce(1)
resize(torch.zeros(1, 3, 7, 4), Size(7, 4))
sys.setprofile(None)
print(*(" ".join(one) for one in tracer.found.values()), sep="\\n")
"""
"""In a process of its own: other tests of a worker may leave hooks behind."""


@pytest.mark.slow
def test_a_walk_finds_what_holds_the_data() -> None:
    scripts = Path(__file__).parents[1] / "scripts"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(scripts), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, env=environment, check=True)
    found = done.stdout.splitlines()
    assert "images/loaded.py LoadedImage.reduce" in found
    assert not any(one.endswith(" resize") for one in found)


def test_every_public_function_is_documented_and_every_function_annotated(
    measure: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    measure.print_undocumented()
    assert capsys.readouterr().out == ""
