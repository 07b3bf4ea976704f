"""Experiments from the command to their reports, with the true network: small pictures, two evaluations for each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from brushwork.cli.main import main
from brushwork.experiments import EXPERIMENTS
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.papers import programs
from brushwork.recipes import PRESETS
from doc_snippets import commands
from experiment_reports import assert_reported

FEW_PROGRAMS = ("default", "gatys-2015", "spst", "fzliu-googlenet")
"""Each is evaluated by all; `test_real_paths.py` paints with every preset. The last has no weights here."""

SHOWN = {
    name
    for one in commands()
    if one.words[:2] == ("brushwork", "reproduce") and not one.parsed_only
    for name in one.words[2:3]
}
"""What the documents show to be run is run by the tests of the documents."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in SHOWN])
def test_it_is_painted_measured_and_reported(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        ExperimentContext, "scale_iterations", lambda self, options, share=0.4: replace(options, iterations=2)
    )
    monkeypatch.setattr(programs, "PRESETS", {program: PRESETS[program] for program in FEW_PROGRAMS})
    size = "72" if name == "networks" else "48"  # AlexNet, where it is, needs 47 pixels a side
    assert main(["reproduce", name, "--quick", "--size", size, "--device", "cpu"]) == 0
    written = capsys.readouterr()
    assert written.out == f"reproductions/{name}/report.html\n"
    assert_reported(name, written.err)
    page = Path("reproductions", name, "report.html").read_text()
    assert f"brushwork reproduce {name} --quick --size {size}" in page
