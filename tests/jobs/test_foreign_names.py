"""Pictures whose names are no UTF-8: painted, kept, resumed, repeated, in every format."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest

from brushwork.images import read_image
from brushwork.jobs import job_from_image, run_job
from brushwork.jobs.manifest import read_embedded_result
from tiny_job import run_tiny_job, tiny_job, tiny_network

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")


def foreign(name: str) -> str:
    """The name with every é as the one byte that Latin-1 has for it."""
    return os.fsdecode(name.encode("latin-1"))


@pytest.fixture
def job(tmp_path):
    """A photograph, a painting, a start, masks, an output and a folder, all with such names."""
    folder = tmp_path / foreign("dé")
    folder.mkdir()
    plain = tiny_job(folder)
    content, painting = folder / foreign("phé.png"), folder / foreign("pé.png")
    plain.content.rename(content)
    plain.styles[0].rename(painting)
    return replace(plain, content=content, styles=(painting,), init=painting, output=folder / foreign("oué.png"))


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "dzi"])
def test_the_picture_is_there_and_says_what_it_was_painted_from(job, ending):
    if ending in ("tif", "dzi"):
        pytest.importorskip("pyvips")
    job = replace(job, output=job.output.with_suffix(f".{ending}"), pyramid=ending == "tif")
    run_tiny_job(job, checkpoint_every=None)
    manifest = read_embedded_result(job.output).manifest
    assert [manifest.content.path, manifest.styles[0].path] == [foreign("phé.png"), foreign("pé.png")]
    repeated, _ = job_from_image(job.output, job.output.with_name("again.png"))
    assert repeated.content.samefile(job.content)


@pytest.mark.slow
def test_regions_have_such_names_too(job):
    masks = (job.content, job.styles[0])
    job = replace(job, regions=(masks,))
    run_tiny_job(job, checkpoint_every=None)
    ((first, second),) = read_embedded_result(job.output).manifest.regions
    assert (first.path, second.path) == (foreign("phé.png"), foreign("pé.png"))


@pytest.mark.slow
def test_an_interrupted_painting_goes_on(job):
    whole = replace(job, output=job.output.with_name("whole.png"))
    run_tiny_job(whole)
    steps = run_job(job, network=tiny_network())
    for _ in range(4):
        next(steps)
    steps.close()
    assert job.checkpoint.exists()
    run_tiny_job(job, resume=True)
    assert (read_image(job.output).image == read_image(whole.output).image).all()
