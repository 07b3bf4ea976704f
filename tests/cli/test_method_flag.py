from __future__ import annotations

import pytest

from brushwork.recipes import MDANOptions


def test_flags_become_a_job(run, runner, workdir):
    outcome = run(
        *("paint", "photo.jpg", "waves.png", "--method", "mdan"),
        *("--iterations", "7", "--rotations", "0", "5", "--no-mirror", "-o", "out.png"),
    )
    assert outcome.code == 0, outcome.err
    job = runner.job
    assert job.options == MDANOptions(iterations=7, rotations=(0.0, 5.0), mirror=False)
    assert job.output.name == "out.png" and [one.name for one in job.styles] == ["waves.png"]


def test_patches_of_all_paintings(run, runner, workdir):
    assert run("paint", "photo.jpg", "waves.png", "night.png", "--method", "mdan").code == 0
    assert [one.name for one in runner.job.styles] == ["waves.png", "night.png"]


def test_help_lists_its_options(run):
    outcome = run("paint", "--help-all")
    assert outcome.code == 0
    for flag in ("--discriminator-lr", "--patch-stride", "--rotations", "--resume"):
        assert flag in outcome.out


def test_it_can_be_planned(run):
    assert "--discriminator-lr" in run("plan", "--help-all").out


def test_paint_has_it_as_a_method(run, runner, workdir):
    outcome = run(
        "paint", "photo.jpg", "waves.png", "--method", "mdan", "--patch", "6", "--style-scale", "0.5", "-o", "o.png"
    )
    assert outcome.code == 0, outcome.err
    assert runner.job.options == MDANOptions(patch=6, style_scale=(0.5,))


def test_options_of_other_methods_are_reported(run, runner, workdir):
    outcome = run(
        "paint", "photo.jpg", "waves.png", "--method", "mdan", "--style-weight", "3", "--history", "5", "-o", "o.png"
    )
    assert "this method ignores --history, --style-weight" in outcome.err
    outcome = run("paint", "photo.jpg", "waves.png", "--patch", "6", "-o", "o2.png")
    assert "this method ignores --patch" in outcome.err


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (("--method", "mdam"), "there is no method 'mdam'. Did you mean 'mdan'?"),
        (("--method", "mdan", "--instant"), "--instant and --method mdan were both given"),
        (("--method", "mdan", "--preset", "pastiche"), "--preset applies to --method optimize only: remove it"),
        (("--method", "mdan", "--model", "wave"), "--method and --model were both given"),
    ],
)
def test_methods_that_do_not_fit_are_refused(given, what, run, runner, workdir):
    outcome = run("paint", "photo.jpg", *(() if "--model" in given else ("waves.png",)), *given)
    assert outcome.code == 2 and what in outcome.err and not runner.jobs


def test_adain_is_the_method_of_instant(run, runner, workdir, monkeypatch):
    jobs = []
    monkeypatch.setattr("brushwork.jobs.run_job", lambda job, **_: iter(jobs.append(job) or ()))
    for given in (("--method", "adain"), ("--instant",)):
        run("paint", "photo.jpg", "waves.png", *given, "--strength", "0.5", "-o", "o.png")
    assert jobs[0] == jobs[1] and jobs[0].options.method == "adain" and jobs[0].options.strength == 0.5
