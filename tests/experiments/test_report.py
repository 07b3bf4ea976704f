"""The page, the figures and the contact sheet of what is painted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Opened

from brushwork.experiments.contact_sheet import make_contact_sheet
from brushwork.experiments.experiment import CellResult, ClaimCheck, Experiment
from brushwork.experiments.report import ExperimentReport
from brushwork.images import write_image


def _check(results: Sequence[CellResult]) -> list[ClaimCheck]:
    return [ClaimCheck("one", "1", True), ClaimCheck("two", "2", False), ClaimCheck("three", "3", None)]


TINY = Experiment("tiny", "A tiny <experiment>", "nobody", "It works.", lambda context: [], _check)
BARE = Experiment("bare", "Bare", "nobody", "", lambda context: [], lambda results: [])


def _result(folder: Path, row: str, column: str, color: tuple[float, float, float], size: int = 40) -> CellResult:
    picture = folder / f"{row}{column}.png"
    write_image(torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, size, 48).contiguous(), picture)
    return CellResult(row, column, {"loss": 2.0}, [(1, 4.0), (5, 2.0)], 1.5, picture, {"steps": 5})


@pytest.fixture
def results(tmp_path: Path) -> list[CellResult]:
    return [
        _result(tmp_path, "a", "x", (1.0, 0.0, 0.0)),
        _result(tmp_path, "a", "y", (0.0, 1.0, 0.0)),
        _result(tmp_path, "b", "y", (0.0, 0.0, 1.0), size=20),
    ]


def test_the_page_needs_nothing_beside_it(tmp_path: Path, results: list[CellResult]) -> None:
    page = ExperimentReport(TINY, [("given", torch.rand(1, 3, 16, 16))], results).write(tmp_path)
    text = page.read_text(encoding="utf-8")
    assert text.count('src="data:image/jpeg;base64,') == 3 + 1
    assert "A tiny &lt;experiment&gt;" in text and "<experiment>" not in text
    assert "http" not in text
    assert text.count(">holds<") == text.count(">does not hold<") == text.count(">by eye<") == 1
    assert text.count('<button class="picture"') == 4


def test_the_command_is_reported(results: list[CellResult]) -> None:
    report = ExperimentReport(TINY, [], results, created_by="brushwork reproduce tiny --quick")
    assert "<code>brushwork reproduce tiny --quick</code>" in report.render()
    assert json.loads(report.to_json())["command"] == "brushwork reproduce tiny --quick"


def test_time_counts_what_was_painted(results: list[CellResult]) -> None:
    assert ExperimentReport(TINY, [], results).seconds == 1.5  # all of the same settings
    assert ExperimentReport(TINY, [], [results[0], replace(results[1], settings={"steps": 6})]).seconds == 3.0


def test_rows_have_sheets_of_their_own_where_they_are_wanted(tmp_path: Path, results: list[CellResult]) -> None:
    ExperimentReport(TINY, [], results).write(tmp_path)
    assert not list(tmp_path.glob("sheet-*"))
    ExperimentReport(replace(TINY, has_sheet_per_row=True), [], results).write(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("sheet-*")) == ["sheet-a.png", "sheet-b.png"]


def test_figures_are_json(tmp_path: Path, results: list[CellResult]) -> None:
    ExperimentReport(TINY, [], results).write(tmp_path)
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [cell["column"] for cell in figures["cells"]] == ["x", "y", "y"]
    assert [check["holds"] for check in figures["checks"]] == [True, False, None]


def test_commands_stand_beside_their_pictures(results: list[CellResult]) -> None:
    commands = {(one.row, one.column): f"brushwork paint '{one.row}' {one.column}" for one in results}
    text = ExperimentReport(BARE, [], results, commands).render()
    assert text.count("brushwork paint &#39;a&#39; y") == 2
    assert 'class="checks"' not in text.partition("</style>")[2]
    assert "full size" in text and "full size" not in ExperimentReport(BARE, [], results).render()


def test_a_contact_sheet_has_every_picture_at_its_place(results: list[CellResult]) -> None:
    sheet = make_contact_sheet(results)
    colors = {color for _, color in sheet.getcolors(1 << 20)}
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255)} <= colors
    width, height = sheet.size
    found = {color: _box(sheet, color) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))}
    assert found[255, 0, 0][0] < found[0, 255, 0][0] == found[0, 0, 255][0]
    assert found[255, 0, 0][1] == found[0, 255, 0][1] < found[0, 0, 255][1]
    assert found[0, 255, 0][2:] == (48, 40) and found[0, 0, 255][2:] == (48, 20)
    assert 2 * 48 < width < 200 and 2 * 40 < height < 130


def test_rows_that_share_no_column_have_their_own(tmp_path: Path) -> None:
    colors = {("a", "x"): (1.0, 0.0, 0.0), ("b", "y"): (0.0, 1.0, 0.0), ("c", "z"): (0.0, 0.0, 1.0)}
    apart = [_result(tmp_path, *place, color) for place, color in colors.items()]
    sheet = make_contact_sheet(apart)
    boxes = [_box(sheet, color) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    assert len({left for left, *_ in boxes}) == 1 and sheet.width < 2 * 48
    assert boxes[0][1] < boxes[1][1] < boxes[2][1] and boxes[2][1] + 40 <= sheet.height
    page = ExperimentReport(BARE, [], apart).render()
    assert page.count("<figcaption>") == 3 and 'class="grid"' not in page
    assert (
        'class="grid"' in ExperimentReport(BARE, [], [apart[0], _result(tmp_path, "b", "x", (1.0, 1.0, 1.0))]).render()
    )


def test_a_large_sheet_is_made_of_smaller_pictures(results: list[CellResult]) -> None:
    sheet = make_contact_sheet(results, largest=70)
    assert max(sheet.size) < 100
    assert _box(sheet, (255, 0, 0))[2] < 40


def _box(sheet: Opened.Image, color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height of a color's box."""
    rows, columns = (np.asarray(sheet) == color).all(-1).nonzero()
    left, top = int(columns.min()), int(rows.min())
    return left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
