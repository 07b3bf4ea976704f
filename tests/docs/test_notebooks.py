"""The notebooks run from top to bottom, small, and show what they show in the repository."""

from __future__ import annotations

import base64
import importlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brushwork.recipes import PRESETS
from brushwork.recipes.presets import QUALITIES
from doc_snippets import DOCS, ROOT

NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
SMALL = {
    "first_picture": {"SIZE": 64, "ITERATIONS": 2},
    "how_it_works": {"SIZE": 64, "ITERATIONS": 2},
    "models_and_measures": {"SIZE": 64},
}
LARGEST = 300_000
"""Bytes of the pictures in all notebooks together."""


def kinds(outputs: list[Any]) -> list[str]:
    """What a cell shows: text that it printed, or a value by its type."""
    return [next(iter(one["data"])) if "data" in one else one["name"] for one in outputs]


def pictures(notebook: dict[str, Any]) -> list[bytes]:
    """The JPEG files that a notebook shows."""
    data = [one.get("data", {}) for cell in notebook["cells"] for one in cell.get("outputs", ())]
    return [base64.b64decode(one["image/jpeg"]) for one in data if "image/jpeg" in one]


def test_there_are_three_and_their_pictures_are_small() -> None:
    assert {path.stem for path in NOTEBOOKS} == SMALL.keys()
    images = [pictures(json.loads(path.read_text(encoding="utf-8"))) for path in NOTEBOOKS]
    assert all(images)
    assert sum(len(one) for part in images for one in part) < LARGEST


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_is_kept_in_it(
    path: Path, small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(PRESETS, "default", replace(PRESETS["default"], min_size=0))
    monkeypatch.setitem(QUALITIES, "draft", replace(QUALITIES["draft"], min_size=0, iterations=2))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    found = importlib.import_module("run_notebooks").run_notebook(notebook, SMALL[path.stem])
    kept = {index: notebook["cells"][index]["outputs"] for index in found}
    assert {index: kinds(outputs) for index, outputs in found.items()} == {
        index: kinds(outputs) for index, outputs in kept.items()
    }
