"""Pictures whose names are no UTF-8: painted, kept, resumed, repeated, in every format."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from tiny_job import painted, tiny_job, tiny_network

from brushwork.jobs import again, paint
from brushwork.jobs.inscription import read_inscription
from brushwork.picture import read_picture

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
    plain.paintings[0].rename(painting)
    return replace(plain, content=content, paintings=(painting,), start=painting, output=folder / foreign("oué.png"))


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tif", "dzi"])
def test_the_picture_is_there_and_says_what_it_was_painted_from(job, ending):
    if ending in ("tif", "dzi"):
        pytest.importorskip("pyvips")
    job = replace(job, output=job.output.with_suffix(f".{ending}"), pyramid=ending == "tif")
    painted(job, checkpoint_every=None)
    record = read_inscription(job.output).record
    assert [record.content.path, record.paintings[0].path] == [foreign("phé.png"), foreign("pé.png")]
    repeated, _ = again(job.output, job.output.with_name("again.png"))
    assert repeated.content.samefile(job.content)


def test_regions_have_such_names_too(job):
    masks = (job.content, job.paintings[0])
    job = replace(job, regions=(masks,))
    painted(job, checkpoint_every=None)
    ((first, second),) = read_inscription(job.output).record.regions
    assert (first.path, second.path) == (foreign("phé.png"), foreign("pé.png"))


def test_an_interrupted_painting_goes_on(job):
    whole = replace(job, output=job.output.with_name("whole.png"))
    painted(whole)
    steps = paint(job, encoder=tiny_network())
    for _ in range(4):
        next(steps)
    steps.close()
    assert job.checkpoint.exists()
    painted(job, resume=True)
    assert (read_picture(job.output).image == read_picture(whole.output).image).all()
