"""Run notebooks from top to bottom, and keep in them what their cells show.

    python scripts/run_notebooks.py docs/notebooks/*.ipynb

Without Jupyter: a notebook is a JSON file, and a cell is Python of which the last expression is shown. Pictures are
kept as JPEG, so that the files stay small.
"""

from __future__ import annotations

import argparse
import ast
import base64
import io
import json
import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from PIL.Image import Image

_QUALITY = 60


def main() -> None:
    """Run the notebooks named on the command line, each in its own folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", type=Path)
    for path in [one.resolve() for one in parser.parse_args().notebooks]:
        os.chdir(path.parent)
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell, shown in run_notebook(notebook).items():
            notebook["cells"][cell]["outputs"] = shown
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def run_notebook(notebook: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> dict[int, list[Any]]:
    """Return the outputs of each code cell, by its index.

    `settings` take the place of names that the cell tagged `parameters` sets.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    found = {}
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            found[index] = _run_cell("".join(cell["source"]), names, f"cell {index}")
        if "parameters" in cell["metadata"].get("tags", ()):
            unknown = (settings or {}).keys() - names.keys()
            assert not unknown, f"the notebook has no {unknown}"
            names |= settings or {}
    return found


def _run_cell(source: str, names: dict[str, Any], where: str) -> list[Any]:
    """Run a cell, and return what it printed and the value of its last expression."""
    body = ast.parse(source, where).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(ast.Module(body, []), where, "exec"), names)
        value = eval(compile(ast.Expression(last.value), where, "eval"), names) if isinstance(last, ast.Expr) else None
    outputs: list[Any] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(True)})
    if value is not None:
        outputs.append({"output_type": "display_data", "metadata": {}, "data": _represent(value)})
    return outputs


def _represent(value: Any) -> dict[str, Any]:
    if isinstance(value, Image):
        file = io.BytesIO()
        value.save(file, "JPEG", quality=_QUALITY, optimize=True)
        text = f"<picture of {value.width}×{value.height} pixels>"
        return {"image/jpeg": base64.b64encode(file.getvalue()).decode(), "text/plain": [text]}
    return {"text/plain": repr(value).splitlines(True)}


if __name__ == "__main__":
    main()
