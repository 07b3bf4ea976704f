"""Experiments are painted cell by cell, none twice, and reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from brushwork.canvas import Pixels
from brushwork.lab import order as ordering
from brushwork.lab import run as running
from brushwork.lab.cell import Cell, Check, Ends, Figures, Result
from brushwork.lab.easel import Easel, fingerprint
from brushwork.lab.experiment import Experiment, falls, rises
from brushwork.lab.order import Asked, Order
from brushwork.lab.processes import over_processes
from brushwork.optimize import Adam, minimize
from brushwork.picture import Size
from brushwork.recipes import Level, Progress
from brushwork.types import Image, Losses

PAINTED: list[str] = []


def _evaluate(image: Image) -> Losses:
    loss = (image - 0.25).square().mean()
    loss.backward()
    return Losses(loss.detach(), {"gray": loss.detach()})


def _paint(column: str, steps: int) -> Iterator[Progress]:
    PAINTED.append(column)
    optimizer, levels = Adam(lr=0.05), [Level(Size(32, 32), steps)]
    for step in minimize(Pixels(1.0), _evaluate, optimizer, steps, start=torch.full((1, 3, 32, 32), 0.75)):
        yield Progress(levels, 0, step, optimizer)


def _measure(ends: Ends) -> Figures:
    return {"loss": float(ends.last.step.losses.total)}


def _cell(steps: int, size: int) -> Cell:
    settings = {"steps": steps, "size": size}
    return Cell("row <1>", f"{steps} steps", settings, lambda: _paint(str(steps), steps), _measure)


def _cells(easel: Easel) -> list[Cell]:
    return [_cell(steps, easel.size) for steps in (3, 6)]


def _twins(easel: Easel) -> list[Cell]:
    one, other = _cells(easel)
    return [one, other, replace(one, row="row <2>")]


def _check(results: Sequence[Result]) -> list[Check]:
    return [Check("more steps, less loss", "see", falls([one.figures["loss"] for one in results]))]


TINY = Experiment("tiny", "A tiny <experiment>", "nobody", "It works.", _cells, _check)
TWINS = replace(TINY, cells=_twins)


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    monkeypatch.setattr(ordering, "experiment", {"tiny": TINY, "twins": TWINS}.__getitem__)
    PAINTED.clear()
    return Order("tiny", tmp_path, size=32)


def test_every_cell_leaves_a_picture_and_a_record(order: Order) -> None:
    results = dict(running.conduct(order))
    assert list(results) == ["row__1_-3_steps", "row__1_-6_steps"]
    assert all(result.picture.exists() for result in results.values())
    assert falls([result.figures["loss"] for result in results.values()])
    assert [closures for closures, _ in results["row__1_-3_steps"].curve] == [1, 2, 3]


def test_what_is_painted_is_not_painted_again(order: Order) -> None:
    first = dict(running.conduct(order))
    assert dict(running.conduct(order)) == first
    assert PAINTED == ["3", "6"]


@pytest.mark.parametrize("harm", ["picture gone", "record torn", "other settings"])
def test_a_cell_that_is_not_whole_is_painted_anew(order: Order, harm: str) -> None:
    dict(running.conduct(order))
    if harm == "picture gone":
        (order.folder / "row__1_-3_steps.png").unlink()
    elif harm == "record torn":
        (order.folder / "row__1_-3_steps.json").write_text('{"row": ')
    else:
        record = order.folder / "row__1_-3_steps.json"
        record.write_text(record.read_text().replace('"steps": 3', '"steps": 4'))
    dict(running.conduct(order))
    assert PAINTED == ["3", "6", "3"]


def test_cells_of_the_same_settings_are_painted_once(order: Order) -> None:
    results = dict(running.conduct(replace(order, experiment="twins")))
    one, other = results["row__1_-3_steps"], results["row__2_-3_steps"]
    assert PAINTED == ["3", "6"] and other.row == "row <2>"
    assert one.picture != other.picture and one.picture.read_bytes() == other.picture.read_bytes()
    assert one.figures == other.figures and one.curve == other.curve
    one.picture.unlink()
    assert dict(running.conduct(replace(order, experiment="twins"))).keys() == results.keys()
    assert PAINTED == ["3", "6", "3"]


def test_one_cell_by_its_name(order: Order) -> None:
    result = running.paint_one(order, "row__1_-6_steps", torch.get_num_threads())
    assert result.column == "6 steps"
    assert PAINTED == ["6"]


def test_cells_are_spread_by_their_names(order: Order) -> None:
    asked: list[tuple[str, ...]] = []

    def spread(all_of_it: Asked, names: Sequence[str]) -> Iterator[tuple[str, Result]]:
        asked.append(tuple(names))
        for name in reversed(names):
            yield name, running.paint_one(all_of_it, name, torch.get_num_threads())

    running.paint_one(order, "row__1_-6_steps", torch.get_num_threads())
    assert set(dict(running.conduct(order, spread))) == {"row__1_-3_steps", "row__1_-6_steps"}
    assert dict(running.conduct(order, spread)) and asked == [("row__1_-3_steps",)]
    assert PAINTED == ["6", "3"]


def test_processes_paint_what_one_would(tmp_path: Path) -> None:
    order = Order("gram-entry", tmp_path, size=48, quick=True)
    (name, result), *_ = over_processes(1)(order, [order.cells()[0].name])
    assert result.picture.exists() and name == order.cells()[0].name


def test_fingerprints_tell_pictures_apart() -> None:
    picture = torch.rand(1, 3, 8, 8)
    assert fingerprint(picture) == fingerprint(picture.clone())
    assert fingerprint(picture) != fingerprint(picture + 1e-6)


def test_falls_and_rises() -> None:
    assert falls([3, 2, 1]) and not falls([3, 3, 1]) and rises([1, 2]) and not rises([2, 1])
