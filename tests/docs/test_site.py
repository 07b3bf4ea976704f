"""The documentation site: every page is in its contents, and it is built without a warning."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from brushwork.cli.main import COMMANDS, make_app
from doc_snippets import DOCS, WRITTEN

PAGES = {page.relative_to(DOCS).with_suffix("").as_posix() for page in WRITTEN}
NOTEBOOKS = {f"reference/notebooks/{path.stem}" for path in (DOCS / "notebooks").glob("*.ipynb")}


def test_every_page_is_in_the_contents() -> None:
    trees = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    entries = [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]
    named = [re.sub(r".*<(.*)>", r"\1", entry) for entry in entries]
    generated = {"reference/commands", "reference/python", *NOTEBOOKS}
    assert sorted(named) == sorted(PAGES - {"index"} | generated)


def test_the_reference_shows_commands_as_they_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever program writes the pages; the running one is taken for `python -m pytest`."""
    program = find_spec("pytest.__main__")
    assert program and program.origin
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", program, raising=False)
    monkeypatch.setattr(sys, "argv", [program.origin])
    monkeypatch.syspath_prepend(DOCS)
    doc_snippets = importlib.import_module("reference_pages")
    app = make_app(list(COMMANDS))
    for name in COMMANDS:
        usages = re.findall(r"^::\n\n    (.*)", doc_snippets.command_page(app[name], name), re.MULTILINE)
        assert usages
        assert all(re.match(rf"brushwork {name}\b(?!.* (brushwork|-m) )", usage) for usage in usages), usages


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    for needed in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(needed, reason=f"{needed} is not installed (pip install 'brushwork[docs]')")
    words = ["--fail-on-warning", "--quiet", "--builder", "html", str(DOCS), str(tmp_path / "html")]
    done = subprocess.run([sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "brushwork.paint" in (tmp_path / "html/reference/python.html").read_text(encoding="utf-8")
    assert "--style-scale" in (tmp_path / "html/reference/commands/paint.html").read_text(encoding="utf-8")
