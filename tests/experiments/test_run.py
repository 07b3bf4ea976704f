"""Experiments are painted cell by cell, none twice, and reported."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import torch

from brushwork.errors import InputError
from brushwork.experiments import request as ordering
from brushwork.experiments import runner as running
from brushwork.experiments.context import ExperimentContext, fingerprint_of
from brushwork.experiments.experiment import (
    CellResult,
    ClaimCheck,
    Experiment,
    ExperimentCell,
    FirstAndLast,
    Measures,
    cell_name,
    is_decreasing,
    is_increasing,
)
from brushwork.experiments.request import ExperimentRequest
from brushwork.images import Size
from brushwork.jobs.workers import run_in_processes
from brushwork.optim import Adam, PixelParametrization, minimize
from brushwork.recipes import Progress, ScheduleLevel, TransferOptions
from brushwork.types import Image, LossValues

PAINTED: list[str] = []


def _evaluate(image: Image) -> LossValues:
    loss = (image - 0.25).square().mean()
    loss.backward()
    return LossValues(loss.detach(), {"gray": loss.detach()})


def _paint(column: str, steps: int) -> Iterator[Progress]:
    PAINTED.append(column)
    optimizer, levels = Adam(lr=0.05), [ScheduleLevel(Size(32, 32), steps)]
    for step in minimize(PixelParametrization(1.0), _evaluate, optimizer, steps, init=torch.full((1, 3, 32, 32), 0.75)):
        yield Progress(levels, 0, step, optimizer)


def _measure(ends: FirstAndLast) -> Measures:
    return {"loss": float(ends.last.step.losses.total)}


def _cell(steps: int, size: int) -> ExperimentCell:
    settings = {"steps": steps, "size": size}
    return ExperimentCell("row <1>", f"{steps} steps", settings, lambda: _paint(str(steps), steps), _measure)


def _cells(context: ExperimentContext) -> list[ExperimentCell]:
    return [_cell(steps, context.size) for steps in (3, 6)]


def _twins(context: ExperimentContext) -> list[ExperimentCell]:
    one, other = _cells(context)
    return [one, other, replace(one, row="row <2>")]


def _check(results: Sequence[CellResult]) -> list[ClaimCheck]:
    return [ClaimCheck("more steps, less loss", "see", is_decreasing([one.measures["loss"] for one in results]))]


TINY = Experiment("tiny", "A tiny <experiment>", "nobody", "It works.", _cells, _check)
TWINS = replace(TINY, cells=_twins)


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExperimentRequest:
    monkeypatch.setattr(ordering, "load_experiment", {"tiny": TINY, "twins": TWINS}.__getitem__)
    PAINTED.clear()
    return ExperimentRequest("tiny", tmp_path, size=32)


def test_every_cell_leaves_a_picture_and_metadata(order: ExperimentRequest) -> None:
    results = dict(running.run_cells(order))
    assert list(results) == ["row__1_-3_steps", "row__1_-6_steps"]
    assert all(result.picture.exists() for result in results.values())
    assert is_decreasing([result.measures["loss"] for result in results.values()])
    assert [evaluations for evaluations, _ in results["row__1_-3_steps"].curve] == [1, 2, 3]


def test_what_is_painted_is_not_painted_again(order: ExperimentRequest) -> None:
    first = dict(running.run_cells(order))
    assert dict(running.run_cells(order)) == first
    assert PAINTED == ["3", "6"]


@pytest.mark.parametrize(
    "harm",
    ["picture gone", "picture empty", "picture torn", "record torn", "no record", "half a record", "other settings"],
)
def test_a_cell_that_is_not_whole_is_painted_anew(order: ExperimentRequest, harm: str) -> None:
    dict(running.run_cells(order))
    picture = order.folder / "row__1_-3_steps.png"
    if harm == "picture gone":
        picture.unlink()
    elif harm == "picture empty":
        picture.write_bytes(b"")
    elif harm == "picture torn":
        picture.write_bytes(picture.read_bytes()[:80])
    elif harm == "record torn":
        (order.folder / "row__1_-3_steps.json").write_text('{"row": ')
    elif harm == "no record":
        (order.folder / "row__1_-3_steps.json").write_text("[]")
    elif harm == "half a record":
        record = order.folder / "row__1_-3_steps.json"
        record.write_text(json.dumps({"asked": json.loads(record.read_text())["asked"]}))
    else:
        record = order.folder / "row__1_-3_steps.json"
        record.write_text(record.read_text().replace('"steps": 3', '"steps": 4'))
    dict(running.run_cells(order))
    assert PAINTED == ["3", "6", "3"]


def test_a_kill_between_picture_and_metadata_leaves_no_older_metadata(
    order: ExperimentRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    dict(running.run_cells(order))
    with monkeypatch.context() as killed:
        killed.setattr(running.ResultStore, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            dict(running.run_cells(replace(order, size=48)))
    PAINTED.clear()
    dict(running.run_cells(order))
    assert PAINTED == ["3"], "the picture there is that of the other settings"


def test_a_read_only_folder_is_named_before_anything_is_painted(
    order: ExperimentRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: int = 0o666, exist_ok: bool = True) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(InputError, match=r"report\.html cannot be written: the folder .* is read-only"):
        dict(running.run_cells(order))
    assert PAINTED == []


@pytest.mark.skipif(os.name == "nt", reason="locks of POSIX systems")
def test_a_folder_in_which_another_process_works_is_refused(order: ExperimentRequest) -> None:
    first = running.run_cells(order)
    next(first)
    with pytest.raises(InputError, match="is in use: another process paints there"):
        dict(running.run_cells(order))
    assert len(list(first)) == 1
    assert len(dict(running.run_cells(order))) == 2


def test_every_image_has_a_name_and_a_file_of_its_own(tmp_path: Path) -> None:
    names = ("d1/x.png", "d2/x.png", "x 2.png", "a b.png", "a_b.png", "A_B.png")
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        PIL.Image.new("RGB", (32, 32), (40 * number, 0, 0)).save(tmp_path / name)
    images = ordering._read([tmp_path / name for name in names], torch.device("cpu"))
    assert list(images) == ["x", "x 2", "x 2 2", "a b", "a_b 2", "A_B 3"]
    assert [round(float(image[0, 0, 0, 0]) * 255) for image in images.values()] == [0, 40, 80, 120, 160, 200]


def test_long_names_are_shortened_and_stay_distinct() -> None:
    first, second = (cell_name("row", f"{'ä' * 300}{number}") for number in (1, 2))
    assert first != second and max(len(name.encode()) for name in (first, second)) < 240
    assert cell_name("row", "column") == "row-column"


def test_cells_of_one_file_name_are_refused(order: ExperimentRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    twins = replace(TINY, cells=lambda context: [_cell(3, 32), replace(_cell(6, 32), column="3_Steps")])
    monkeypatch.setattr(ordering, "load_experiment", lambda _: twins)
    with pytest.raises(InputError, match="would have the same file name"):
        order.make_cells()


def test_another_precision_is_painted_anew_in_all_networks(order: ExperimentRequest) -> None:
    dict(running.run_cells(order))
    reduced = replace(order, precision="bf16")
    dict(running.run_cells(reduced))
    assert PAINTED == ["3", "6", "3", "6"]
    assert reduced.load_context().encoder(TransferOptions()).precision == "bf16"
    assert order.load_context().encoder(TransferOptions(precision="full")).precision == "full"


def test_cells_of_the_same_settings_are_painted_once(order: ExperimentRequest) -> None:
    results = dict(running.run_cells(replace(order, experiment="twins")))
    one, other = results["row__1_-3_steps"], results["row__2_-3_steps"]
    assert PAINTED == ["3", "6"] and other.row == "row <2>"
    assert one.picture != other.picture and one.picture.read_bytes() == other.picture.read_bytes()
    assert one.measures == other.measures and one.curve == other.curve
    one.picture.unlink()
    assert dict(running.run_cells(replace(order, experiment="twins"))).keys() == results.keys()
    assert PAINTED == ["3", "6", "3"]


def test_one_cell_by_its_name(order: ExperimentRequest) -> None:
    result = running.run_cell(order, "row__1_-6_steps", torch.get_num_threads())
    assert result.column == "6 steps"
    assert PAINTED == ["6"]


def test_cells_are_spread_by_their_names(order: ExperimentRequest) -> None:
    asked: list[tuple[str, ...]] = []

    def spread(task: Any, names: Sequence[Any], device: str) -> Iterator[tuple[Any, Any]]:
        asked.append(tuple(names))
        for name in reversed(names):
            yield name, task(name, torch.get_num_threads())

    running.run_cell(order, "row__1_-6_steps", torch.get_num_threads())
    assert set(dict(running.run_cells(order, spread))) == {"row__1_-3_steps", "row__1_-6_steps"}
    assert dict(running.run_cells(order, spread)) and asked == [("row__1_-3_steps",)]
    assert PAINTED == ["6", "3"]


@pytest.mark.slow
def test_processes_paint_what_one_would(tmp_path: Path) -> None:
    order = ExperimentRequest("gram-entry", tmp_path, size=48, is_quick=True)
    (name, result), *_ = run_in_processes(1)(partial(running.run_cell, order), [order.make_cells()[0].name], "cpu")
    assert result.picture.exists() and name == order.make_cells()[0].name


def test_fingerprints_distinguish_pictures() -> None:
    picture = torch.rand(1, 3, 8, 8)
    assert fingerprint_of(picture) == fingerprint_of(picture.clone())
    assert fingerprint_of(picture) != fingerprint_of(picture + 1e-6)


def test_falls_and_rises() -> None:
    assert (
        is_decreasing([3, 2, 1])
        and not is_decreasing([3, 3, 1])
        and is_increasing([1, 2])
        and not is_increasing([2, 1])
    )
