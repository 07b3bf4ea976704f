"""The experiments are what the papers say, before anything is painted."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from brushwork.errors import InputError
from brushwork.lab.cell import Ends, Result
from brushwork.lab.easel import Easel
from brushwork.lab.experiments import EXPERIMENTS, experiment
from brushwork.lab.experiments.gram_statistics import permuted, projected, shuffled
from brushwork.lab.order import Order


@pytest.fixture(scope="module")
def easel() -> Easel:
    return Order("fig1", Path(), size=64).easel()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_cells_have_names_of_their_own_and_settings_that_decide(name: str, easel: Easel) -> None:
    cells = experiment(name).cells(easel)
    assert len({cell.name for cell in cells}) == len(cells) > 1
    assert all(cell.settings["pictures"] and cell.settings["iterations"] for cell in cells)


def test_light_needs_two_photographs(easel: Easel) -> None:
    one = replace(easel, photographs=dict([next(iter(easel.photographs.items()))]))
    with pytest.raises(InputError, match="two photographs"):
        experiment("light").cells(one)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_quick_run_spends_a_fifth(name: str, easel: Easel) -> None:
    slow, fast = (experiment(name).cells(replace(easel, quick=quick)) for quick in (False, True))
    for one, other in zip(slow, fast, strict=True):
        assert other.settings["iterations"] == round(one.settings["iterations"] / 5)


def test_grids_are_those_of_the_papers(easel: Easel) -> None:
    assert len(experiment("fig1").cells(easel)) == 10
    assert len(experiment("fig3").cells(easel)) == 20
    assert [len(cell.settings["style_layers"]) for cell in experiment("partial").cells(easel)] == [5, 4, 3, 2, 1]


def test_the_claims_of_figure_3_are_judged_row_by_row() -> None:
    def result(column: str, content: float, style: float) -> Result:
        return Result("r", column, {"content loss": content, "style loss": style}, [], 0.0, Path("x.png"))

    good = [result("1", 3, 1), result("2", 2, 2), result("3", 1, 3)]
    assert [check.holds for check in experiment("fig3").check(good)] == [True, True]
    assert [check.holds for check in experiment("fig3").check(good[::-1])] == [False, False]


def test_pictures_that_are_given_replace_those_that_come_along(tmp_path: Path) -> None:
    from brushwork import write_picture

    write_picture(torch.rand(1, 3, 40, 40), tmp_path / "mine.png")
    easel = Order("fig1", tmp_path, photographs=(tmp_path / "mine.png",)).easel()
    assert list(easel.photographs) == ["mine"] and "auvers" in easel.paintings


def test_gram_matrices_that_keep_what_they_should() -> None:
    dice = torch.Generator().manual_seed(0)
    feature = torch.rand(12, 40, generator=dice)
    matrix = feature @ feature.mT
    spectrum = torch.linalg.eigvalsh(matrix)
    assert torch.allclose(torch.linalg.eigvalsh(permuted(matrix, dice)), spectrum, rtol=1e-4, atol=1e-4)
    other = shuffled(matrix, dice)
    assert torch.equal(other, other.mT) and not torch.equal(other, matrix)
    assert torch.equal(other.flatten().sort().values, matrix.flatten().sort().values)
    assert torch.equal(other.diagonal().sort().values, matrix.diagonal().sort().values)
    assert torch.linalg.eigvalsh(projected(-matrix + 30 * torch.eye(12), dice)).min() > -1e-3


@pytest.mark.parametrize("name", ["gram-entry", "localized", "covariance"])
def test_cells_of_objectives_paint(name: str, easel: Easel) -> None:
    cell = experiment(name).cells(replace(easel, size=48, quick=True))[0]
    first, *others = islice(cell.paint(), 4)
    figures = cell.measure(Ends(first, others[-1]))
    assert float(others[-1].step.losses.total) < float(first.step.losses.total)
    assert all(math.isfinite(value) for value in figures.values())


def test_a_mistyped_experiment_is_told() -> None:
    with pytest.raises(InputError, match="fig3"):
        experiment("fig33")
