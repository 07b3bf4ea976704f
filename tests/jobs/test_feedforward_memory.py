from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from brushwork.feedforward.adain_transfer import FASTEST
from brushwork.feedforward.options import AdaINOptions
from brushwork.gradients.tiled import Tiling
from brushwork.images import Size, write_image
from brushwork.jobs import Job, plan_job
from brushwork.jobs.feedforward import FeedForwardMemory
from brushwork.jobs.image_sizes import InputSizes

OPTIONS = AdaINOptions(size="full")
CPU = torch.device("cpu")
ENOUGH = 2**40


@pytest.fixture(scope="module")
def stylizer():
    return OPTIONS.load_stylizer(CPU).to_meta()


def _estimator(stylizer, *size):
    return FeedForwardMemory(InputSizes(Size(*size), (Size(64, 64),)), stylizer, CPU)


def test_small_pictures_are_painted_at_once(stylizer):
    assert _estimator(stylizer, 300, 400).choose_tiling(replace(OPTIONS, style_scale=(0.1,)), ENOUGH) is None


def test_large_ones_in_the_tiles_that_are_fastest(stylizer):
    estimator, options = _estimator(stylizer, 1500, 2100), replace(OPTIONS, style_scale=(0.1,))
    assert estimator.choose_tiling(options, ENOUGH) == Tiling(FASTEST)


@pytest.mark.slow
def test_with_less_memory_in_smaller_tiles_and_the_smallest_at_least(stylizer):
    estimator, options = _estimator(stylizer, 1500, 2100), replace(OPTIONS, style_scale=(0.1,))
    budget = estimator(options, Tiling(640))
    assert estimator.choose_tiling(options, budget) == Tiling(640)
    assert estimator.choose_tiling(options, 0) == Tiling(384)


@pytest.mark.slow
def test_in_tiles_memory_grows_as_the_picture_itself(stylizer):
    options = replace(OPTIONS, style_scale=(0.05,))
    small, large = (_estimator(stylizer, side, side)(options, Tiling(512)) for side in (2000, 4000))
    more = 4000**2 - 2000**2
    assert large - small < more * (12 + 12) * 1.06  # the picture, one more, and rounding: features lie in a file


@pytest.mark.slow
def test_the_plan_of_a_job(tmp_path):
    write_image(torch.rand(1, 3, 40, 60), tmp_path / "photograph.png")
    write_image(torch.rand(1, 3, 40, 60), tmp_path / "painting.png")
    job = Job(
        options=AdaINOptions(size=96),
        content=tmp_path / "photograph.png",
        styles=(tmp_path / "painting.png",),
        output=tmp_path / "out.png",
        device="cpu",
    )
    plan = plan_job(job)
    assert (plan.levels[0].size, plan.iterations, plan.fits, plan.tiling) == (Size(64, 96), 0, True, None)
    assert plan.seconds is not None and 0 < plan.seconds < 60
    assert plan_job(job, memory=2**20, measure_time=False).max_size == 0
