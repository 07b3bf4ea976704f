from __future__ import annotations

import json

import pytest
import torch

from brushwork.feedforward.options import AdaINOptions
from brushwork.images import Size, write_image
from brushwork.jobs import Advanced, Finished, Job, Started
from brushwork.recipes import ScheduleLevel, load_preset


class FakeFeedForwardRunner:
    """Stands in for `brushwork.jobs.run_job`; records what it was called with."""

    def __init__(self):
        self.jobs = []
        self.asked = []

    def paint(self, job, **asked):
        self.jobs.append(job)
        self.asked.append(asked)
        yield Started(torch.device("cpu"), 0, levels=(ScheduleLevel(Size(64, 96), 0),))
        yield Advanced(0.5)
        yield Advanced(1.0)
        write_image(torch.zeros(1, 3, 8, 8), job.output, overwrite=True)
        yield Finished(job.output, 0.0, {}, 0, 0.75, ())


@pytest.fixture
def runner(monkeypatch):
    runner = FakeFeedForwardRunner()
    monkeypatch.setattr("brushwork.jobs.run_job", runner.paint)
    return runner


@pytest.mark.usefixtures("workdir")
def test_a_photograph_is_painted_at_once(runner, run):
    outcome = run("paint", "photo.jpg", "waves.png", "--instant")
    (job,) = runner.jobs
    assert isinstance(job, Job)
    assert job.options == AdaINOptions()
    assert (outcome.code, outcome.out) == (0, "photo+waves.png\n")
    assert "one forward pass" in outcome.err
    assert "painted in" in outcome.err


@pytest.mark.usefixtures("workdir")
def test_what_both_know_is_taken_and_the_rest_left_aside(runner, run):
    flags = "--size 300 --style-blend 1 2 --color match-linear --iterations 7 --strength 0.5 --style-scale 2"
    outcome = run("paint", "photo.jpg", "waves.png", "night.png", "--instant", *flags.split())
    (job,) = runner.jobs
    assert job.options == AdaINOptions(
        size=300, style_blend=(1.0, 2.0), color="match-linear", strength=0.5, style_scale=(2.0,)
    )
    assert "--iterations" in outcome.err


@pytest.mark.usefixtures("workdir")
def test_it_previews_a_preset(runner, run):
    run("paint", "photo.jpg", "waves.png", "--instant", "--preset", "gatys-2016", "-q")
    (job,) = runner.jobs
    assert job.options == AdaINOptions(measure=load_preset("gatys-2016").measure, size=load_preset("gatys-2016").size)


@pytest.mark.usefixtures("workdir")
def test_the_document_has_no_loss(runner, run):
    outcome = run("paint", "photo.jpg", "waves.png", "--instant", "--json", "-q")
    document = json.loads(outcome.out)
    assert document["method"] == "adain"
    assert document["seconds"] == 0.75
    assert "loss" not in document


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--instant", "--timelapse", "way.gif"], "--timelapse shows iterations, but feed-forward methods have none"),
        (["--instant", "--save-every", "5"], "--save-every shows iterations, but feed-forward methods have none"),
        (["--instant", "--ratio", "1e-3"], "--ratio and --instant were both given"),
        (["--instant", "--strength", "2"], "strength is 2.0: it must be 0 or more, up to 1"),
        (["--strength", "0.5"], "--strength applies to feed-forward methods only"),
    ],
)
@pytest.mark.usefixtures("workdir", "runner")
def test_what_it_cannot_do_is_refused(run, flags, message):
    outcome = run("paint", "photo.jpg", "waves.png", *flags)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
