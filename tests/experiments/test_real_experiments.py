"""Every experiment from the command to its report, with the true network: small pictures, two closures for each."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from brushwork.cli.main import main
from brushwork.experiments import EXPERIMENTS
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.papers import programs, ruder
from brushwork.recipes import PRESETS

FEW_PROGRAMS = ("default", "gatys-2015", "spst", "fzliu-googlenet")
"""Each is evaluated by all; `test_real_paths.py` paints with every preset. The last has no weights here."""


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_it_is_painted_measured_and_reported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        ExperimentContext, "with_iterations", lambda self, options, share=0.4: replace(options, iterations=2)
    )
    monkeypatch.setattr(programs, "PRESETS", {program: PRESETS[program] for program in FEW_PROGRAMS})
    monkeypatch.setattr(ruder, "SEEDS", 1)
    monkeypatch.setattr(ruder, "FRAMES", 3)
    size = "72" if name == "networks" else "48"  # AlexNet, where it is, needs 47 pixels a side
    assert main(["reproduce", name, "--quick", "--size", size, "--device", "cpu"]) == 0
    written = capsys.readouterr()
    assert written.out == f"reproductions/{name}/report.html\n"
    assert any(line.startswith(("holds: ", "does not hold: ", "look: ")) for line in written.err.splitlines())
    folder = tmp_path / "reproductions" / name
    page, figures = (folder / "report.html").read_text(), json.loads((folder / "figures.json").read_text())
    pictures = [cell["picture"] for cell in figures["cells"]] + ["sheet.png"]
    assert len(pictures) > 2 and all((folder / picture).stat().st_size > 0 for picture in pictures)
    assert f"brushwork reproduce {name} --quick --size {size}" in page
