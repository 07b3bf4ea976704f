"""Help pages, the version and the presets wait for no torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import contextlib, io, sys
from cyclopts import App
from brushwork.cli.main import COMMANDS, main, make_app

def pages(app, words):
    yield words
    for name in app:
        if not name.startswith("-"):
            yield from pages(app[name], (*words, name))

asked = [("--version",), ("presets",), ("paint", "--help-all")]
for command in COMMANDS:
    asked += [(*words, "--help") for words in pages(make_app([command])[command], (command,))]
heavy = ("torch", "numpy", "PIL", "safetensors", "jinja2", "matplotlib")
for words in asked:
    with contextlib.redirect_stdout(io.StringIO()) as written:
        code = main(words)
    print(*words, code, bool(written.getvalue()), *(name for name in heavy if name in sys.modules))
"""


@pytest.mark.slow
def test_no_help_page_imports_what_computes():
    lines = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    pages = lines.splitlines()
    assert len(pages) > 25
    named = {page.rsplit(" ", 2)[0] for page in pages}
    assert {"reconstruct content --help", "train johnson --help", "models export --help"} <= named
    assert [page for page in pages if not page.endswith(" 0 True")] == []
