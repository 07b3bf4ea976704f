"""Textures, reconstructions, plans, repetitions, presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brushwork.errors import InputError
from brushwork.images.geometry import Size
from brushwork.jobs import Job, RerunJob
from brushwork.jobs.plan import JobPlan, LevelPlan
from brushwork.recipes import PRESETS, ReconstructionOptions, TextureOptions, TransferOptions

Run = Callable[..., Any]


def test_a_texture_of_any_size(runner: Any, workdir: Path, run: Run) -> None:
    assert run("texture", "waves.png", "--size", "1024x512").out == "waves-texture.png\n"
    assert runner.job.options == TextureOptions(size="1024x512")
    assert runner.job.styles == ()
    assert run("texture", "waves.png", "--size", "1024").code == 2


def test_each_picture_gives_its_texture(runner: Any, workdir: Path, run: Run) -> None:
    assert run("texture", "waves.png", "night.png", "-o", "out").out.split() == [
        "out/waves-texture.png",
        "out/night-texture.png",
    ]


def test_a_content_reconstruction(runner: Any, workdir: Path, run: Run) -> None:
    assert run("reconstruct", "content", "photo.jpg", "--layer", "conv2_2").out == "photo-content-conv2_2.png\n"
    assert runner.job.options == ReconstructionOptions(layer="conv2_2")


def test_a_style_reconstruction_takes_the_papers_layers_at_the_picture_s_size(
    runner: Any, workdir: Path, run: Run
) -> None:
    assert run("reconstruct", "style", "night.png").out == "night-style.png\n"
    found = runner.job.options
    assert isinstance(found, TextureOptions)
    assert found.style_layers == ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    assert (found.size, found.picture_size, found.measure) == ("", 512, "long")
    runner.jobs.clear()
    arguments = ("--layers", "conv1_1", "conv2_1", "--size", "200", "--init", "photo.jpg", "--force")
    assert run("reconstruct", "style", "night.png", *arguments).code == 0
    assert (runner.job.options.style_layers, runner.job.options.picture_size) == (("conv1_1", "conv2_1"), 200)
    assert runner.job.init == Path("photo.jpg")


PLAN = JobPlan(
    "cpu", (LevelPlan(Size(32, 48), 10, 10**8, 61.0), LevelPlan(Size(64, 96), 5, 2 * 10**9, 120.0)), 10**9, 48
)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    seen: list[Job] = []

    def plan(job: Job, *, memory: int | None = None, held: int | None = None) -> JobPlan:
        seen.append(job)
        return PLAN

    monkeypatch.setattr("brushwork.jobs.plan_job", plan)
    return seen


@pytest.mark.parametrize(
    ("arguments", "recipe"),
    [
        (("photo.jpg", "waves.png", "--preset", "pastiche"), TransferOptions),
        (("texture", "waves.png"), TextureOptions),
        (("reconstruct", "content", "waves.png"), ReconstructionOptions),
        (("reconstruct", "style", "waves.png"), TextureOptions),
    ],
)
def test_every_painting_command_can_be_planned(
    runner: Any, planned: list[Job], workdir: Path, run: Run, arguments: tuple[str, ...], recipe: type
) -> None:
    outcome = run("plan", *arguments)
    assert [type(job.options) for job in planned] == [recipe]
    assert not runner.jobs, "nothing is painted"
    assert sorted(file.name for file in workdir.iterdir()) == ["night.png", "photo.jpg", "waves.png"]
    for printed in (
        "48×32",
        "96×64",
        "15",
        "2.00 GB",
        "1:01",
        "3:01",
        "48",
        "It does not fit: 1.00 GB are available",
    ):
        assert printed in outcome.out
    assert outcome.code == 1, "it does not fit"


def test_a_plan_names_the_limit_that_would_be_enough(planned: list[Job], workdir: Path, run: Run) -> None:
    assert "It fits with --memory 2.1GB." in run("plan", "photo.jpg", "waves.png", "--memory", "1GB").out
    assert "It fits" not in run("plan", "photo.jpg", "waves.png").out


def test_plans_of_several_are_those_of_each_alone(monkeypatch: pytest.MonkeyPatch, workdir: Path, run: Run) -> None:
    counted: list[int | None] = []

    def plan(job: Job, *, memory: int | None, held: int | None) -> JobPlan:
        counted.append(held)
        return replace(PLAN, held=held or 7)

    monkeypatch.setattr("brushwork.jobs.plan_job", plan)
    run("plan", "photo.jpg", "waves.png", "night.png", "--each")
    assert counted == [None, 7]


def test_a_film_is_planned_by_its_own_command(planned: list[Job], run: Run) -> None:
    outcome = run("plan", "video", "my clip.mp4", "waves.png", "--size", "48")
    assert outcome.code == 2 and not planned
    assert outcome.err.endswith("paints it: brushwork video 'my clip.mp4' waves.png --size 48 --dry-run\n")


def test_a_plan_as_json(planned: list[Job], workdir: Path, run: Run) -> None:
    document = json.loads(run("plan", "photo.jpg", "waves.png", "--json").out)
    assert document["levels"][1] == {"size": [96, 64], "iterations": 5, "memory": 2 * 10**9, "seconds": 120.0}
    assert (document["fits"], document["largest"], document["seconds"]) == (False, 48, 181.0)


def test_a_plan_reads_the_settings_file(planned: list[Job], workdir: Path, run: Run) -> None:
    (workdir / "mine.toml").write_text("size = 99")
    run("plan", "photo.jpg", "waves.png", "--config", "mine.toml")
    (job,) = planned
    assert isinstance(job.options, TransferOptions)
    assert job.options.size == 99


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch, workdir: Path) -> Job:
    job = Job(
        options=TransferOptions(seed=5), content=workdir / "photo.jpg", output=workdir / "old-rerun.png", max_pixels=77
    )

    def repeat_of(picture: Path, output: Path | None) -> RerunJob:
        if picture.name != "old.png":
            raise InputError(f"{picture} was not painted by brushwork.")
        found = job if output is None else Job(options=job.options, content=job.content, output=output)
        return RerunJob(found, ("torch was 2.6 then",))

    monkeypatch.setattr("brushwork.jobs.job_from_image", repeat_of)
    return job


def test_again_repeats_a_job(runner: Any, repeated: Job, run: Run) -> None:
    outcome = run("rerun", "old.png")
    assert outcome.out == f"{repeated.output}\n"
    assert runner.job == repeated
    assert "torch was 2.6 then" in outcome.err
    assert run("rerun", "old.png").code == 2, "it is there now"
    assert run("rerun", "old.png", "--force").code == 0


def test_again_elsewhere_on_another_device(runner: Any, repeated: Job, workdir: Path, run: Run) -> None:
    assert run("rerun", "old.png", "-o", "new.png", "--device", "cpu", "-q").err == ""
    assert (runner.job.output, runner.job.device) == (Path("new.png"), "cpu")
    assert run("rerun", "photo.jpg").code == 2


def test_rerun_into_a_folder_keeps_the_name(runner: Any, repeated: Job, workdir: Path, run: Run) -> None:
    (workdir / "there").mkdir()
    for folder in ("new/", "there"):
        run("rerun", "old.png", "-o", folder)
        assert runner.jobs[-1].output == Path(folder) / "old.png"


def test_one_preset_is_shown_by_its_name(run: Run) -> None:
    whole, one = (run("presets", *names).out.splitlines() for names in ((), ("gatys-2016",)))
    assert len(one) == 2 and one == whole[whole.index(one[0]) :][:2]
    assert list(json.loads(run("presets", "gatys-2016", "--json").out)) == ["gatys-2016"]
    outcome = run("presets", "gatis-2016")
    assert outcome.code == 2 and "Did you mean 'gatys-2016'" in outcome.err


def test_presets_are_listed_with_what_they_set(run: Run) -> None:
    lines = run("presets").out.splitlines()
    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == list(PRESETS)
    (place,) = (index for index, line in enumerate(lines) if line.startswith("pastiche"))
    pastiche = lines[place + 1]
    assert "measure=area" in pastiche
    assert "style-weight=" in pastiche
    assert json.loads(run("presets", "--json").out)["neural-style"]["encoder_scale"] == 256.0
