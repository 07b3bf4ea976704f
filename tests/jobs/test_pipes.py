"""Jobs whose pictures come through pipes: those of files, in a command; refused without waiting, elsewhere."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import torch

from brushwork.errors import InputError
from brushwork.images import read_image
from brushwork.jobs import plan_job
from brushwork.jobs.manifest import read_embedded_result
from brushwork.storage.pipes import cache_pipes
from named_pipes import pipe_of, waiting_at_most
from tiny_job import run_tiny_job, tiny_job, tiny_network

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture(autouse=True)
def limit_waiting():
    with waiting_at_most(120):
        yield


def regions(job):
    return ((job.content, job.styles[0]),)


@pytest.mark.slow
def test_every_picture_of_a_job_may_come_through_a_pipe(tmp_path):
    job = tiny_job(tmp_path)
    whole = replace(job, init=job.styles[0], regions=regions(job), output=tmp_path / "whole.png")
    run_tiny_job(whole)
    content, painting = (pipe_of(file, f"pipe-{file.name}") for file in (job.content, job.styles[0]))
    piped = replace(job, content=content, styles=(painting,))
    piped = replace(piped, init=painting, regions=regions(piped))
    with cache_pipes():
        run_tiny_job(piped)
    assert torch.equal(read_image(piped.output).image, read_image(whole.output).image)
    then, now = (read_embedded_result(one.output).manifest for one in (whole, piped))
    assert now.content.sha256 == then.content.sha256 and now.content.path == str(content)


@pytest.mark.parametrize("act", [run_tiny_job, lambda job: plan_job(job, network=tiny_network())])
@pytest.mark.parametrize("which", ["content", "painting", "init", "mask"])
def test_the_library_refuses_to_read_a_pipe_twice(tmp_path, act, which):
    job, pipe = tiny_job(tmp_path), tmp_path / "pipe"
    os.mkfifo(pipe)
    changes = {
        "content": {"content": pipe},
        "painting": {"styles": (pipe,)},
        "init": {"init": pipe},
        "mask": {"regions": ((job.content, pipe),)},
    }
    with pytest.raises(InputError, match="pipe is a pipe, which can be read only once"):
        act(replace(job, **changes[which]))
    assert not job.output.exists()
