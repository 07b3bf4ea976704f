"""Adversarial optimization (MDAN), as a job: planned, interrupted, gone on with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brushwork.errors import OutOfMemoryError
from brushwork.images.geometry import Size
from brushwork.jobs import job_from_image, plan_job, run_job
from brushwork.recipes import MDANOptions, Progress
from tiny_job import run_tiny_job, tiny_job, tiny_network

OPTIONS = MDANOptions(size=64, iterations=6, content_layer="conv3_1", style_layer="conv2_1", patch=6, patch_stride=3)


@pytest.mark.slow
def test_interrupted_anywhere_it_ends_as_if_it_had_not_been(tmp_path):
    whole = tiny_job(tmp_path, options=OPTIONS, output=tmp_path / "whole.png")
    *_, unbroken = run_tiny_job(whole)
    for evaluations in range(1, unbroken.iterations + 1):
        broken = tiny_job(tmp_path, options=OPTIONS, output=tmp_path / f"broken-{evaluations}.png")
        events = run_job(broken, network=tiny_network())
        next(event for event in events if isinstance(event, Progress) and event.iterations == evaluations)
        events.close()
        assert broken.checkpoint.exists()
        *_, finished = run_tiny_job(broken, resume=True)
        assert finished.total == unbroken.total
        assert broken.output.read_bytes() == whole.output.read_bytes()


@pytest.mark.slow
def test_it_is_repeated_from_its_metadata(tmp_path):
    job = tiny_job(tmp_path, options=OPTIONS)
    run_tiny_job(job)
    repeated = job_from_image(job.output)
    run_tiny_job(repeated.job)
    assert repeated.job.output.read_bytes() == job.output.read_bytes()


@pytest.mark.slow
def test_it_is_planned(tmp_path):
    found = plan_job(tiny_job(tmp_path, options=OPTIONS), network=tiny_network())
    (level,) = found.levels
    assert level.size == Size(43, 64) and level.iterations == 6 and level.seconds > 0
    larger = tiny_job(tmp_path, options=replace(OPTIONS, size=320))
    assert plan_job(larger, measure_time=False, network=tiny_network()).memory > found.memory


@pytest.mark.slow
def test_where_it_does_not_fit_no_tiles_are_tried(tmp_path):
    job = tiny_job(tmp_path, options=OPTIONS)
    with pytest.raises(OutOfMemoryError, match="64×43"):
        list(run_job(job, network=tiny_network(), memory=1))
