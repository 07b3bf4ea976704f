"""The experiments are what the papers say, before anything is painted."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from brushwork.controls import RecipeInputs
from brushwork.encoders import default_engine
from brushwork.errors import InputError, WeightsError
from brushwork.experiments import EXPERIMENTS, load_experiment
from brushwork.experiments.context import QUICK, ExperimentContext, has_weights
from brushwork.experiments.experiment import FirstAndLast
from brushwork.experiments.measures import sum_losses
from brushwork.experiments.papers import fig3, gram_entry, localized, networks, texture
from brushwork.experiments.papers.covariance import content_responses
from brushwork.experiments.papers.gram_statistics import KINDS, permute, shuffle, shuffle_and_project
from brushwork.experiments.request import ExperimentRequest
from brushwork.experiments.results import settings_key
from brushwork.experiments.synthesis import make_gray_noise
from brushwork.images import Size
from brushwork.losses.moments import gram
from brushwork.metrics import Evaluator
from brushwork.recipes import run_recipe
from tolerances import DOUBLE, THROUGH_VGG, require_close, rounding


@pytest.fixture(scope="module")
def context() -> ExperimentContext:
    return ExperimentRequest("fig1", Path(), size=64).load_context()


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_cells_have_names_of_their_own_and_settings_that_decide(name: str, context: ExperimentContext) -> None:
    cells = load_experiment(name).cells(context)
    assert len({cell.name for cell in cells}) == len(cells) > 1
    assert all(cell.settings["pictures"] and cell.settings["iterations"] for cell in cells)


def test_light_needs_two_photographs(context: ExperimentContext) -> None:
    one = replace(context, contents=dict([next(iter(context.contents.items()))]))
    with pytest.raises(InputError, match="two photographs"):
        load_experiment("light").cells(one)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_quick_run_spends_a_share(name: str, context: ExperimentContext) -> None:
    slow, fast = (load_experiment(name).cells(replace(context, is_quick=quick)) for quick in (False, True))
    share = fig3.SHARE if name == "fig3" else QUICK
    named = {(one.row, one.column): one for one in slow}
    assert len(fast) == len(slow) or name in ("gram-entry", "localized")  # fewer entries, and half-sizes
    for other in fast:
        one = named[other.row, other.column]
        assert other.settings["iterations"] == round(one.settings["iterations"] * share)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gram-entry", "networks", "programs"])
def test_new_weights_of_an_evaluator_make_old_results_stale(
    name: str, context: ExperimentContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settings_with(*present: str) -> list[dict[str, Any]]:
        def load(context: ExperimentContext, network: str) -> None:
            if network not in present:
                raise WeightsError(network)

        monkeypatch.setattr(ExperimentContext, "evaluator", load)
        return [cell.settings for cell in load_experiment(name).cells(context) if cell.column != "alexnet"]

    one, two = settings_with("vgg16"), settings_with("vgg16", "alexnet")
    assert len(one) == len(two)
    assert all(before != after for before, after in zip(one, two, strict=True))


def test_grids_are_those_of_the_papers(context: ExperimentContext) -> None:
    assert len(load_experiment("fig1").cells(context)) == 10
    assert len(load_experiment("fig3").cells(context)) == 20
    assert [len(cell.settings["style_layers"]) for cell in load_experiment("partial").cells(context)] == [5, 4, 3, 2, 1]


def test_corners_of_the_starts_are_painted_once(context: ExperimentContext) -> None:
    cells = load_experiment("starts").cells(context)
    assert len(cells) == 15 and len({settings_key(cell) for cell in cells}) == 12


@pytest.mark.slow
def test_networks_begin_with_the_same_losses(context: ExperimentContext) -> None:
    small = replace(context, size=48)
    pictures = RecipeInputs(small.content, (small.style,))
    for name in ("vgg19-normalized", "vgg19"):
        options = networks._options(small, name)
        first = next(
            run_recipe(networks.balance_weights(small, options, pictures), pictures, encoder=small.encoder(options))
        )
        assert sum_losses(first, "content:") == pytest.approx(networks.CONTENT_AT_START, rel=THROUGH_VGG)
        assert sum_losses(first, "style:") == pytest.approx(networks.STYLE_AT_START, rel=THROUGH_VGG)


def test_pictures_that_are_given_replace_those_that_come_along(tmp_path: Path) -> None:
    from brushwork import write_image

    write_image(torch.rand(1, 3, 40, 40), tmp_path / "mine.png")
    context = ExperimentRequest("fig1", tmp_path, contents=(tmp_path / "mine.png",)).load_context()
    assert list(context.contents) == ["mine"] and "auvers" in context.styles


def test_files_of_one_name_in_two_folders_are_two_images(tmp_path: Path) -> None:
    from brushwork import write_image

    files = tuple(tmp_path / folder / "mine.png" for folder in ("a", "b"))
    for number, file in enumerate(files):
        file.parent.mkdir()
        write_image(torch.full((1, 3, 8, 8), float(number)), file)
    images = ExperimentRequest("fig1", tmp_path, contents=files).load_context().contents
    assert {name: float(image.mean()) for name, image in images.items()} == {"mine": 0.0, "mine 2": 1.0}


def test_the_same_image_twice_is_refused(tmp_path: Path) -> None:
    from brushwork import write_image

    write_image(torch.rand(1, 3, 40, 40), tmp_path / "mine.png")
    request = ExperimentRequest("localized", tmp_path, (tmp_path / "mine.png",), (tmp_path / "mine.png",))
    with pytest.raises(InputError, match="are the same image"):
        request.load_context()


def test_gram_matrices_that_keep_what_they_should() -> None:
    dice = torch.Generator().manual_seed(0)
    feature = torch.rand(12, 40, generator=dice)
    matrix = feature @ feature.mT
    spectrum = torch.linalg.eigvalsh(matrix)
    # Eigenvalues are as far off as the largest is rounded.
    require_close(torch.linalg.eigvalsh(permute(matrix, dice)), spectrum, rounding(12))
    other = shuffle(matrix, dice)
    assert torch.equal(other, other.mT) and not torch.equal(other, matrix)
    assert torch.equal(other.flatten().sort().values, matrix.flatten().sort().values)
    assert torch.equal(other.diagonal().sort().values, matrix.diagonal().sort().values)
    least = torch.linalg.eigvalsh(shuffle_and_project(-matrix + 30 * torch.eye(12), dice)).min()
    assert least > -100 * rounding(12)  # of numbers up to some hundred


@pytest.mark.parametrize("kind", KINDS)
def test_targets_are_on_the_device_of_the_paintings_matrix(kind: str) -> None:
    found = KINDS[kind](torch.zeros(6, 6, device="meta"), torch.Generator().manual_seed(0))
    assert found.is_meta
    assert found.shape == (6, 6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gram-entry", "localized", "covariance", "texture"])
def test_cells_of_objectives_paint(name: str, context: ExperimentContext) -> None:
    cell = load_experiment(name).cells(replace(context, size=48, is_quick=True))[1]
    first, *others = islice(cell.run(), 4)
    figures = cell.measure(FirstAndLast(first, others[-1]))
    assert float(others[-1].step.losses.total) < float(first.step.losses.total)
    assert all(math.isfinite(value) for value in figures.values())
    assert figures.get(localized.EQUAL, 0.0) < DOUBLE


@pytest.mark.slow
def test_results_are_measured_without_the_evaluators_weights_too(
    context: ExperimentContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(context: ExperimentContext, network: str) -> None:
        raise WeightsError(network)

    monkeypatch.setattr(ExperimentContext, "evaluator", load)
    small = replace(context, size=48, is_quick=True)
    cell, other = (load_experiment(name).cells(small)[0] for name in ("gram-entry", "texture"))
    figures = cell.measure(FirstAndLast(*islice(cell.run(), 2)))
    assert figures["frequencies"] > 0 and gram_entry.STRUCTURE not in figures
    assert texture.SLICED not in other.measure(FirstAndLast(*islice(other.run(), 2)))


@pytest.mark.slow
def test_structure_is_in_the_phases_and_not_in_the_border() -> None:
    evaluator = Evaluator.load("alexnet") if has_weights(Evaluator.load, "alexnet") else pytest.skip("no AlexNet")
    flat, grating = torch.full((1, 3, 128, 128), 0.5), torch.full((1, 3, 128, 128), 0.5)
    flat[..., 8:-8, 8:-8] = 0.9
    grating += 0.4 * torch.sin(torch.arange(128) * torch.pi / 4)
    across = torch.arange(128.0) % 32 - 16
    rings = 0.5 + 0.4 * torch.sin(torch.hypot(across, across[:, None]) / 2).expand(1, 3, -1, -1)
    found = [gram_entry.phase_structure(evaluator, image) for image in (flat, grating, rings)]
    assert found[0] < 1e-3 and found[1] < found[2] / 2


def test_textures_have_the_parameters_of_the_paper() -> None:
    found = {name: texture.count_parameters(*model) for name, model in texture.MODELS.items()}
    assert found == {"1k": 1024, "10k": 10_400, "177k": 176_640, "852k": 852_128}


def test_a_random_network_neither_grows_nor_fades() -> None:
    encoder = texture.random_network()
    noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    means = [float(one.square().mean().sqrt()) for one in encoder(noise, texture.LAYERS).values()]
    assert min(means) / max(means) > 0.05 and encoder is texture.random_network()
    assert encoder.engine == default_engine()  # on the plain one a evaluation takes four times as long


@pytest.mark.parametrize("match", [texture.gram_match, texture.component_match, texture.mean_match])
def test_a_source_has_its_own_texture_and_noise_has_not(match: texture.Match) -> None:
    source, other = (torch.rand(1, 70, 9, 11, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    objective = match(source, "pool1")
    assert float(objective({"pool1": source}).total) < 1e-6 < float(objective({"pool1": 2 * other}).total)


def test_covariance_guides_vary_over_both_pictures_and_one_is_everywhere() -> None:
    photograph, painting = torch.ones(1, 4, 5, 6), torch.ones(1, 4, 6, 5)
    photograph[0, 1, :2], painting[0, 1, :3], painting[0, 2, :3] = 9, 5, 5
    own, other = content_responses(photograph, painting, 1)
    assert own.shape[1] == other.shape[1] == 2
    assert float(other[:, 0].mean()) == pytest.approx(1) and float(own[0, 0, 0, 0]) == pytest.approx(9 / 3)
    assert torch.equal(own[:, 1], torch.ones(1, 5, 6))


def test_entries_without_a_gradient_at_the_start_come_last(context: ExperimentContext) -> None:
    start = make_gray_noise(Size(48, 48), std=0.25)
    encoder = context.encoder(gram_entry.OPTIONS)
    entries = gram_entry.largest_entries(encoder, replace(context, size=48), "conv5_1", start, 2)
    with torch.no_grad():
        begun = gram(encoder(start, ["conv5_1"])["conv5_1"])[0]
    assert [entry.first == entry.second for entry in entries] == [True, True, False, False]
    assert all(begun[entry.first, entry.second] > 0 and entry.value > 0 for entry in entries)


def test_on_a_sphere_every_picture_has_one_contrast(context: ExperimentContext) -> None:
    cell = next(
        one
        for one in load_experiment("gram-entry").cells(replace(context, size=48, is_quick=True))
        if "sphere" in one.column
    )
    first, *_, last = islice(cell.run(), 6)
    contrasts = [float((one.step.image - 0.5).square().mean().sqrt()) for one in (first, last)]
    assert contrasts[0] == pytest.approx(contrasts[1], rel=rounding(3 * 48 * 48))
    assert float(last.step.losses.total) < float(first.step.losses.total)


def test_a_mistyped_experiment_is_reported() -> None:
    with pytest.raises(InputError, match="fig3"):
        load_experiment("fig33")
