"""Pages of the notebooks: their cells as Markdown, and the pictures that they show as files beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DOWNLOAD = (
    "This page is a notebook: {{download}}`{name} <{path}>`. Run it in `docs/notebooks` of a copy of the repository, "
    "where the pictures are that it uses."
)


def write_notebooks(notebooks: Path, folder: Path) -> None:
    """Write a page for every notebook; pages that have not changed stay, so that they are not read anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(notebooks.glob("*.ipynb")):
        page, text = folder / f"{path.stem}.md", "\n\n".join(_parts(path, folder)) + "\n"
        text = text.replace("](../", "](../../").replace(".ipynb)", ".md)")  # links, as seen from the page
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _parts(path: Path, folder: Path) -> Iterator[str]:
    """Yield the Markdown of a notebook, cell by cell, and write its pictures."""
    title, *cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    yield "".join(title["source"])
    yield _DOWNLOAD.format(name=path.name, path=f"/{path.parent.name}/{path.name}")
    for index, cell in enumerate(cells):
        source = "".join(cell["source"])
        yield f"```python\n{source}\n```" if cell["cell_type"] == "code" else source
        for number, output in enumerate(cell.get("outputs", ())):
            yield _shown(output, folder / f"{path.stem}-{index}-{number}.jpg")


def _shown(output: dict[str, Any], picture: Path) -> str:
    data = output.get("data", {"text/plain": output.get("text", ())})
    if "image/jpeg" in data:
        picture.write_bytes(base64.b64decode(data["image/jpeg"]))
        return f"![What the cell shows]({picture.name})"
    return f"```text\n{''.join(data['text/plain'])}\n```"
