"""What bench/default.py paints: the same work for all, every pair, and figures under the evaluation network's name."""

from __future__ import annotations

import pytest
import torch

from brushwork.experiments import run_cells
from brushwork.experiments.context import ExperimentContext
from brushwork.images import Size
from brushwork.metrics import Metrics
from brushwork.recipes import PRESETS, load_preset
from default_cells import NETWORKS, Bench, crossed, programs, spending, weighed, work_of

PHOTOGRAPH = Size(300, 450)
FIGURES = ("lpips_alexnet", "lpips_vgg16", "content", "ssim", "psnr", "chroma_content", "gram_style", "moments_style")
FIGURES += ("sliced_style", "frechet_style", "chroma_style")


def test_iterations_at_half_the_size_count_a_quarter():
    own = load_preset("default")
    coarse, fine = own.make_schedule(PHOTOGRAPH, 512, "long")
    share = coarse.size.area / fine.size.area
    assert work_of(own, PHOTOGRAPH, 512) == pytest.approx(fine.iterations + coarse.iterations * share)
    assert share == pytest.approx(0.25, rel=0.01)


def test_all_programs_spend_the_same():
    work = work_of(load_preset("default"), PHOTOGRAPH, 384)
    for name, options in programs(384, curve=(0.25,)).items():
        given = spending(options, PHOTOGRAPH, 384, work)
        rounded = len(given.make_schedule(PHOTOGRAPH, 384, "long"))  # each size has a whole number of iterations
        assert work_of(given, PHOTOGRAPH, 384) == pytest.approx(work, abs=rounded), name
        assert (given.size, given.measure) == (384, "long")


def test_default_keeps_its_own_iterations():
    own = load_preset("default")
    assert spending(own, PHOTOGRAPH, 512, work_of(own, PHOTOGRAPH, 512)).iterations == own.iterations


def test_programs_are_all_presets_and_the_requested_ratios():
    found = programs(96, curve=(0.5, 4))
    assert found.keys() == {*PRESETS, "default ×0.5", "default ×4"}
    assert found["default ×4"] == weighed(found["default"], 4)
    assert found["default ×4"].content_weight == 4 * load_preset("default").content_weight


def test_the_first_pairs_hold_every_picture():
    pairs = crossed("abc", "xyz")
    assert len(set(pairs)) == 9
    assert pairs[:3] == [("a", "x"), ("b", "y"), ("c", "z")]
    assert [set(column) for column in zip(*pairs[3:6], strict=True)] == [set("abc"), set("xyz")]


class FakeEvaluator:
    """Says how bright a picture is."""

    def __init__(self, network):
        self.network = network

    def __call__(self, image, **_):
        return Metrics(network=self.network, size=(1, 1), **dict.fromkeys(FIGURES, float(image.mean())))


@pytest.fixture
def bench(tmp_path):
    pictures = torch.rand(2, 1, 3, 32, 40, generator=torch.Generator().manual_seed(0))
    context = ExperimentContext({"photo": pictures[0]}, {"painting": pictures[1]}, 40)
    context._evaluators.update({network: FakeEvaluator(network) for network in NETWORKS})
    chosen = {name: programs(40)[name] for name in ("default", "gatys-2016")}
    return Bench(tmp_path, context, [("photo", "painting")], chosen, 2)


@pytest.mark.slow
def test_pictures_are_painted_once_and_measured_by_all(bench):
    results = [result for _, result in run_cells(bench)]
    assert [(one.row, one.column) for one in results] == [
        ("photo after painting", "default"),
        ("photo after painting", "gatys-2016"),
    ]
    assert {"alexnet content", "vgg16 gram_style", "lpips_alexnet", "ssim"} <= results[0].measures.keys()
    assert all(one.settings["iterations"] == 2 for one in results)
    pictures = {one.picture: one.picture.stat().st_mtime_ns for one in results}
    assert [dict(one.measures) for _, one in run_cells(bench)] == [dict(one.measures) for one in results]
    assert {path: path.stat().st_mtime_ns for path in pictures} == pictures


def test_what_was_not_painted_is_measured_too(bench):
    found = {one.column: one.measures["ssim"] for one in bench.bounds()}
    photograph, painting = (float(one.mean()) for one in (bench.easel.content, bench.easel.style))
    assert found["the photograph"] == pytest.approx(photograph, abs=1e-4)
    assert found["the painting, cropped"] == pytest.approx(painting, abs=1e-4)
    assert found["half photograph, half painting"] == pytest.approx((photograph + painting) / 2, abs=1e-4)
