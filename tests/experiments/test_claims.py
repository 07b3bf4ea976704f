"""Claims of the papers are checked by what was measured: right where it is right, and wrong where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from brushwork.experiments import load_experiment
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.experiment import CellResult
from brushwork.experiments.papers import (
    covariance,
    cvpr,
    fig2,
    fig3,
    gram_entry,
    gram_statistics,
    localized,
    networks,
    partial,
    programs,
    starts,
    texture,
)
from brushwork.images import Size, write_image
from brushwork.recipes import PRESETS


def test_the_claims_of_figure_3_are_checked_row_by_row() -> None:
    def result(column: str, content: float, style: float) -> CellResult:
        figures = {"content loss": content, "style loss": style, fig3.DEEPEST: 1.0}
        return CellResult("r", column, figures, [], 0.0, Path("x.png"))

    good = [result("1", 3, 1), result("2", 2, 2), result("3", 1, 3)]
    assert [check.holds for check in load_experiment("fig3").check(good)][:2] == [True, True]
    assert [check.holds for check in load_experiment("fig3").check(good[::-1])][:2] == [False, False]


def test_more_layers_are_checked_by_the_highest_one() -> None:
    def result(row: str, distance: float) -> CellResult:
        figures = {"content loss": 1.0, "style loss": 1.0, fig3.DEEPEST: distance}
        return CellResult(row, "1e-05", figures, [], 0.0, Path("x.png"))

    assert fig3.check_claims([result("a", 3), result("b", 2), result("c", 1)])[-1].holds
    assert not fig3.check_claims([result("a", 3), result("b", 1), result("c", 2)])[-1].holds


def test_networks_are_evaluated_by_others() -> None:
    def result(name: str, **figures: float) -> CellResult:
        found = {f"{networks.SLICED}, {evaluator}": value for evaluator, value in figures.items()}
        return CellResult("", name, {networks.SPECTRUM: figures["vgg16"], **found}, [], 0.0, Path("x.png"))

    painted = [result("vgg19", vgg16=1.0, alexnet=2.0), result("alexnet", vgg16=3.0)]
    checks = networks.check_claims(painted)
    assert [check.holds for check in checks] == [True, None, True]
    assert [check.holds for check in networks.check_claims([result("vgg19", vgg16=4.0), painted[1]])] == [False, False]


def test_localized_style_is_checked_by_what_is_to_be_seen() -> None:
    def results(painting: list[float], photograph: list[float], equal: float = 1e-14) -> list[CellResult]:
        names = [*(f"s = {half}" for half in (0, 1)), localized.WHOLE]
        figures = [
            {localized.PAINTING: a, localized.PHOTOGRAPH: b, **({localized.EQUAL: equal} if "s" in name[:2] else {})}
            for name, a, b in zip(names, painting, photograph, strict=True)
        ]
        return [
            CellResult("", name, one, [(1, 1.0), (10, 0.5)], 2.0, Path("x.png"))
            for name, one in zip(names, figures, strict=True)
        ]

    assert [one.holds for one in localized.check_claims(results([0.9, 0.5, 0.1], [0.1, 0.5, 0.9]))] == [True] * 4 + [
        None
    ]
    bad = localized.check_claims(results([0.1, 0.5, 0.9], [0.9, 0.5, 0.1], 1e-3))
    assert [one.holds for one in bad] == [False] * 4 + [None]


def test_the_claims_about_textures_are_checked() -> None:
    def results(distances: tuple[float, ...]) -> list[CellResult]:
        places = [(texture.DEPTH, layer) for layer in texture.LAYERS]
        places += [(texture.PARAMETERS, name) for name in texture.MODELS]
        places += [(texture.WEIGHTS, name) for name in ("trained", "random")]
        return [
            CellResult(*place, dict.fromkeys(texture.DISTANCES, value), [], 0.0, Path("x.png"))
            for place, value in zip(places, distances, strict=True)
        ]

    good = (5.0, 4.0, 3.0, 2.0, 1.0, 5.0, 3.0, 1.0, 1.2, 1.0, 2.0)
    assert all(one.holds for one in texture.check_claims(results(good)))
    assert not any(
        one.holds for one in texture.check_claims(results((1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 3.0, 4.0, 9.0, 2.0, 1.0)))
    )
    unevaluated = [replace(one, measures={"spectrum distance": 1.0, "marginal distance": 1.0}) for one in results(good)]
    assert len(texture.check_claims(unevaluated)) == 8 and len(texture.check_claims(results(good))) == 12


def _result(
    row: str, column: str, /, *, time: float = 1.0, shown: Path = Path("x.png"), **figures: float
) -> CellResult:
    return CellResult(row, column, figures, [(1, 2.0), (10, 1.0)], time, shown)


def _verdicts(name: str, results: list[CellResult]) -> list[bool | None]:
    return [one.holds for one in load_experiment(name).check(results)]


def test_figure_1_is_checked_by_what_layers_lose_and_by_what_grows() -> None:
    def results(*numbers: float) -> list[CellResult]:
        kept = [_result("content", str(n), **{"PSNR, dB": n, "feature error, end / start": n / 2000}) for n in numbers]
        grown = [
            _result("style", str(n), **{"grain, px": -n, "correlation with the painting": n / 1000}) for n in numbers
        ]
        return [*kept, *grown]

    assert _verdicts("fig1", results(50, 40, 30, 20, 10)) == [True] * 5
    assert _verdicts("fig1", results(100, 200, 24, 400, 500)) == [False] * 5


def test_figure_2_is_checked_by_what_is_left_of_the_losses() -> None:
    def result(style: float, content: float) -> CellResult:
        return _result("", "a", **{"style:a, left": style, "content:conv4_2, left": content, fig2.KEPT: 0.2})

    assert _verdicts("fig2", [result(0.01, 0.4)]) == [True, True, None]
    assert _verdicts("fig2", [result(0.2, 0.6)]) == [False, False, None]


def test_partial_transfer_is_checked_by_colors_and_by_high_layers() -> None:
    def results(colors: list[float], high: float) -> list[CellResult]:
        return [_result("", str(n), **{"chroma distance to the photograph": n, partial.HIGH: high}) for n in colors]

    assert _verdicts("partial", results([3, 2, 1], 0.1)) == [True, True]
    assert _verdicts("partial", results([3, 1, 2], 0.7)) == [False, False]


def test_light_moves_and_the_photograph_stays() -> None:
    def result(moved: float, kept: float) -> CellResult:
        before, other = 0.2, 0.6
        figures = {f"{what} before": before for what in ("brightness", "contrast", "chroma distance", "values")}
        figures |= {f"{what} after": before + moved for what in ("brightness", "contrast")}
        figures |= {f"{what} after": before - moved for what in ("chroma distance", "values")}
        figures |= {f"{what} of the other": other for what in ("brightness", "contrast")}
        return _result("a", "b", **figures, **{"SSIM to the photograph": kept, "SSIM of the other to it": 0.1})

    assert _verdicts("light", [result(0.1, 0.9)]) == [True] * 5
    assert _verdicts("light", [result(-0.1, 0.1)]) == [False] * 5


def test_single_entries_are_checked_layer_by_layer() -> None:
    def results(*entries: float) -> list[CellResult]:
        figures = [{"entry / painting's": n, "frequencies": n, gram_entry.STRUCTURE: n} for n in entries]
        return [_result(str(one["frequencies"]), "a", **one) for one in figures]

    assert _verdicts("gram-entry", results(2, 3)) == [True] * 4 + [None]
    assert _verdicts("gram-entry", results(0.5, 0.4)) == [False] * 4 + [None]
    last = load_experiment("gram-entry").check(results(1, 5, 3, 7, 6, 4, 2))[-1]
    assert last.measured.split(", ")[0] == "7 a 7.00" and len(last.measured.split(", ")) == gram_entry.NAMED
    without = [_result("a", "b", **{"entry / painting's": 2, "frequencies": 2})]  # without the evaluator's weights
    assert _verdicts("gram-entry", without) == [True] * 2


def test_statistics_of_gram_matrices_are_checked_by_distance_and_spectrum() -> None:
    def results(own: float, others: float, permuted: float) -> list[CellResult]:
        def result(way: str) -> CellResult:
            distance = own if way == gram_statistics.OWN else others
            kept = permuted if "permuted" in way else 0.5
            spectra = {
                f"spectrum to target's, {gram_statistics.SPECTRAL}": distance,
                f"target's spectrum to the painting's, {gram_statistics.SPECTRAL}": kept,
            }
            return _result("a", way, **{"distance, conv1_1": distance}, **spectra)

        return [result(way) for way in gram_statistics.KINDS]

    assert _verdicts("gram-statistics", results(0.1, 0.8, 1e-6)) == [True, True, True, None]
    assert _verdicts("gram-statistics", results(0.9, 0.8, 0.2)) == [False, False, False, None]


def test_covariance_is_checked_by_equality_and_by_what_is_left() -> None:
    def results(equal: float, left: float) -> list[CellResult]:
        name = "style loss, end / start"
        plain = _result("", "plain style", **{name: left})
        return [plain, _result("", "covariance", time=3.0, **{name: left, covariance.EQUAL: equal})]

    assert _verdicts("covariance", results(1e-15, 0.1)) == [True, True, None, None]
    assert _verdicts("covariance", results(1e-3, 0.9)) == [False, False, None, None]
    assert covariance.check_claims(results(1e-15, 0.1))[2].measured == "covariance 3.00"


def test_programs_are_checked_by_their_own_objectives() -> None:
    def results(own: float, others: float) -> list[CellResult]:
        return [
            _result("", name, **{f"{other}'s loss": own if other == name else others for other in PRESETS})
            for name in PRESETS
        ]

    def verdicts(own: float, others: float) -> list[bool | None]:
        return _verdicts("programs", results(own, others))[: len(PRESETS)]

    assert all(verdicts(1.0, 2.0)) and all(verdicts(1.04, 1.0))
    assert not any(verdicts(1.1, 1.0))


def test_every_program_does_the_same_work() -> None:
    """Evaluations times pixels: 120 at the full size in a quick run."""
    context = ExperimentContext({"a": torch.rand(1, 3, 90, 120)}, {"b": torch.rand(1, 3, 80, 80)}, 256, is_quick=True)
    for name in PRESETS:
        levels = programs._options(context, name).schedule(Size(90, 120))
        assert levels[-1].size == Size(192, 256)
        work = sum(level.iterations * level.size.area for level in levels) / levels[-1].size.area
        assert work == pytest.approx(120, abs=1.5)
    small = ExperimentContext(context.contents, context.styles, 48, is_quick=True)
    assert all(programs._options(small, name).size == 48 for name in PRESETS)
    sizes = {name: len(programs._options(context, name).schedule(Size(90, 120))) for name in PRESETS}
    assert (sizes["crowsonkb"], sizes["spst"], sizes["gatys-2016-highres"], sizes["fzliu"]) == (5, 2, 2, 1)


@pytest.fixture
def grays(tmp_path: Path) -> Callable[[float], Path]:
    """A picture of one gray, by its value."""

    def paint(value: float) -> Path:
        write_image(torch.full((1, 3, 16, 16), value), tmp_path / f"{value}.png", overwrite=True)
        return tmp_path / f"{value}.png"

    return paint


def test_starting_points_are_checked_by_losses_and_distances(grays: Callable[[float], Path]) -> None:
    names = [name for name, _ in starts.PATHS]

    def results(losses: list[float], kept: list[float], begun: float) -> list[CellResult]:
        corners = dict(zip(names, zip(losses, kept, (0.1, 0.2, 0.3), strict=True), strict=True))
        apart = {f"start to the {name}": begun for name in names}
        return [
            _result(starts._row(way), column, shown=grays(gray), loss=loss, **{"to the photograph": near}, **apart)
            for way in starts.PATHS
            for (loss, near, gray), column in ((corners[way[0]], "0%"), (corners[way[1]], "100%"))
        ]

    assert _verdicts("starts", results([1, 2, 3], [3, 1, 2], 0.5)) == [True, True, None, None, None, True]
    assert _verdicts("starts", results([2, 1, 3], [1, 2, 3], 0.01)) == [False, False, None, None, None, False]


def test_the_figures_of_cvpr_are_checked(grays: Callable[[float], Path]) -> None:
    def result(row: str, column: str, gray: float, loss: float, near: float, kept: float) -> CellResult:
        figures = {"to the photograph": near, "SSIM to the photograph": kept}
        colors = {"chroma distance before": 0.5, "chroma distance after": near}
        return _result(row, column, shown=grays(gray), loss=loss, **figures, **colors)

    def results(kept: float, own: float, painting: float, loss: float, seed: float) -> list[CellResult]:
        return [
            *(result(cvpr.LAYER, str(n), 0.1, 1.0, 0.1, value) for n, value in enumerate((kept, 0.5))),
            result(cvpr.START, "photograph", 0.1, 1.0, own, 0.5),
            result(cvpr.START, "painting", painting, loss, 0.3, 0.5),
            *(result(cvpr.START, f"noise {n}", 0.1 + n * seed, 1.0, 0.3, 0.5) for n in range(3)),
            result(cvpr.PHOTOGRAPHS, "night", 0.1, 1.0, own, kept),
        ]

    assert _verdicts("cvpr", results(0.6, 0.2, 0.2, 1.5, 0.1)) == [True] * 6
    assert _verdicts("cvpr", results(0.4, 0.6, 0.9, 2.5, 0.01)) == [False] * 6
