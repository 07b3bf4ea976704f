"""Colors that are changed after painting: right in the file, and the same after an interruption."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch

from brushwork.images import read_image
from brushwork.jobs import job_from_image, plan_job, run_job
from brushwork.options.groups import ColorOptions
from brushwork.recipes import Progress
from tiny_job import TINY, run_tiny_job, tiny_job, tiny_network

COLORINGS = {
    "luminance": replace(TINY, color="keep-luminance", color_strength=0.9),
    "after": replace(TINY, color="match-histogram", color_when="after", color_space="oklab"),
}


@pytest.fixture(params=COLORINGS)
def job(request, tmp_path):
    return tiny_job(tmp_path, options=COLORINGS[request.param])


def test_the_file_holds_the_picture_that_was_seen(job):
    *_, last, _ = run_tiny_job(job)
    assert isinstance(last, Progress)
    assert (read_image(job.output).image - last.image).abs().max() <= 0.5 / 255 + 1e-6
    assert (last.image - last.step.image.clamp(0, 1)).abs().max() > 0.02


@pytest.mark.slow
def test_a_resumed_painting_is_bit_for_bit_the_unbroken_one(job):
    run_tiny_job(job)
    for evaluations in (2, 7):
        broken = replace(job, output=job.output.with_name(f"broken-{evaluations}.png"))
        events = run_job(broken, network=tiny_network())
        for event in events:
            if isinstance(event, Progress) and event.iterations >= evaluations:
                break
        events.close()
        so_far = read_image(broken.output).image
        assert (so_far - event.image).abs().max() <= 0.5 / 255 + 1e-6
        run_tiny_job(broken, resume=True)
        assert broken.output.read_bytes() == job.output.read_bytes()


@pytest.mark.slow
def test_a_painting_is_repeated_from_its_metadata(job):
    run_tiny_job(job)
    repeat = job_from_image(job.output).job
    assert all(
        getattr(repeat.options, field.name) == getattr(job.options, field.name) for field in fields(ColorOptions)
    )
    run_tiny_job(repeat)
    assert torch.equal(read_image(repeat.output).image, read_image(job.output).image)


@pytest.mark.slow
def test_it_can_be_planned(job):
    assert plan_job(job, measure_time=False, network=tiny_network()).memory > 0
