"""What an experiment leaves: a report, the pictures of its cells, and their figures."""

from __future__ import annotations

import json
from pathlib import Path


def assert_reported(name: str, message: str) -> None:
    """The experiment's folder below the current one is whole, and `message` says what became of the paper's claims."""
    assert any(line.startswith(("holds: ", "does not hold: ", "look: ")) for line in message.splitlines())
    folder = Path("reproductions", name)
    page, figures = (folder / "report.html").read_text(), json.loads((folder / "figures.json").read_text())
    pictures = [cell["picture"] for cell in figures["cells"]] + ["sheet.png"]
    assert len(pictures) > 2 and all((folder / picture).stat().st_size > 0 for picture in pictures)
    assert f"brushwork reproduce {name}" in page
