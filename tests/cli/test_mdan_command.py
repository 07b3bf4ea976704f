from __future__ import annotations

from brushwork.recipes import MDANOptions


def test_flags_become_a_job(run, studio, desk):
    outcome = run(
        "mdan", "photo.jpg", "waves.png", "--iterations", "7", "--rotations", "0", "5", "--no-mirror", "-o", "out.png"
    )
    assert outcome.code == 0, outcome.err
    job = studio.job
    assert job.options == MDANOptions(iterations=7, rotations=(0.0, 5.0), mirror=False)
    assert job.output.name == "out.png" and [one.name for one in job.styles] == ["waves.png"]


def test_a_name_of_its_own_and_patches_of_all_paintings(run, studio, desk):
    assert run("mdan", "photo.jpg", "waves.png", "night.png").code == 0
    assert studio.job.output.name == "photo+waves-mdan.png"
    assert [one.name for one in studio.job.styles] == ["waves.png", "night.png"]


def test_a_painting_is_wanted(run, studio, desk):
    outcome = run("mdan", "photo.jpg")
    assert outcome.code == 2 and "a painting is missing" in outcome.err and not studio.jobs


def test_help_tells_of_its_options(run):
    outcome = run("mdan", "--help")
    assert outcome.code == 0
    for flag in ("--discriminator-lr", "--patch-stride", "--rotations", "--resume"):
        assert flag in outcome.out


def test_it_can_be_planned(run):
    assert "--discriminator-lr" in run("plan", "mdan", "--help").out
