"""`brushwork train`: johnson and super-resolution, before the tiny network."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from brushwork import training
from brushwork.cli.commands import train_johnson
from brushwork.feedforward.model import load_model, save_model
from brushwork.images import write_image
from brushwork.jobs import JobEvent, StepDone
from brushwork.training import builders
from brushwork.training.tasks import super_resolution
from brushwork.training.tasks.johnson_options import JohnsonTrainingOptions
from tiny_network import picture, tiny_network

Run = Callable[..., Any]

FEW = ("--dataset", "photos", "--iterations", "3", "--batch", "2", "--crop", "32", "--width", "2", "--blocks", "1")
STYLE = ("--style-layers", "conv1_1", "conv2_1", "--content-layers", "conv2_1", "--style-size", "40")
JOHNSON = ("train", "johnson", "waves.png", *FEW, *STYLE, "--device", "cpu")


@pytest.fixture
def training_workdir(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight photographs, and a fast encoder."""
    for module in (builders, super_resolution):
        monkeypatch.setattr(module, "load_encoder_for", lambda *_: tiny_network())
    (workdir / "photos").mkdir()
    for number in range(8):
        write_image(picture(number, 40, 44), workdir / "photos" / f"{number}.png")
    return workdir


@pytest.mark.slow
def test_a_model_is_trained_and_named_after_the_style(run: Run, training_workdir: Path) -> None:
    (training_workdir / "photos/notes.txt").touch()
    outcome = run(*JOHNSON, "--license", "CC0-1.0", "--plot", "losses.png")
    assert (outcome.code, outcome.out) == (0, "waves.safetensors\n")
    assert outcome.err.count("photos: 1 file is skipped, without an image file's ending (.txt).") == 1
    assert "training on cpu" in outcome.err
    assert "3 iterations" in outcome.err and "6 photographs, 2 held out" in outcome.err
    model = load_model(training_workdir / "waves.safetensors")
    assert (model.name, model.license, model.config.width) == ("waves", "CC0-1.0", 2)
    assert model.provenance["styles"][0]["name"] == "waves.png"
    assert model.provenance["options"]["style_size"] == 40
    assert model.style is not None
    assert (training_workdir / "losses.png").stat().st_size > 1000
    assert sorted(one.name for one in (training_workdir / "waves-validation").iterdir()) == ["000000.jpg", "000003.jpg"]


def test_the_model_of_an_earlier_training_is_not_that_of_an_interrupted_one(
    run: Run, training_workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> Iterator[JobEvent]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(training, "train_model", interrupted)
    for name in ("waves.safetensors", "waves.safetensors.checkpoint"):
        (training_workdir / name).write_bytes(b"another")
    outcome = run(*JOHNSON, "--force", "--quiet")
    assert (outcome.code, outcome.err) == (130, "brushwork: interrupted; nothing was saved.\n")


def test_options_of_paintings_in_the_environment_are_not_those_of_trainings(
    run: Run, training_workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ITERATIONS", "7"), ("STYLE_WEIGHT", "3"), ("CONTENT_LAYERS", "conv4_2")):
        monkeypatch.setenv(f"BRUSHWORK_{name}", value)
    (training_workdir / "mine.toml").write_text("seed = 5\n")
    monkeypatch.setenv("BRUSHWORK_CONFIG", "mine.toml")
    given: list[JohnsonTrainingOptions] = []
    monkeypatch.setattr(train_johnson, "train_family", lambda _, options, **__: given.append(options) or 0)
    assert run("train", "johnson", "waves.png", "--dataset", "photos").code == 0
    (training_workdir / "mine.toml").write_text("iterations = 5\n")
    assert run("train", "johnson", "waves.png", "--dataset", "photos", "--config", "mine.toml").code == 0
    assert given == [JohnsonTrainingOptions(), JohnsonTrainingOptions(iterations=5)]


@pytest.mark.slow
def test_json_says_where_and_how_well(run: Run, training_workdir: Path) -> None:
    outcome = run(*JOHNSON, "night.png", "-o", "both.safetensors", "--json", "--quiet")
    assert outcome.err == ""
    document = json.loads(outcome.out)
    assert (document["model"], document["iterations"]) == ("both.safetensors", 3)
    assert document["validation"]["total"] > 0
    assert len(load_model(training_workdir / "both.safetensors").provenance["styles"]) == 2


@pytest.mark.slow
def test_it_stops_when_requested_and_goes_on(run: Run, training_workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = [True]

    def interrupting(*given: Any, **named: Any) -> Any:
        told: list[Any] = []

        def enough() -> int:
            return signal.SIGTERM if stop[0] and told else 0

        for event in teach(*given, **{**named, "should_stop": enough}):
            told.extend([event] if isinstance(event, StepDone) else [])
            yield event

    teach = training.train_model
    monkeypatch.setattr("brushwork.training.train_model", interrupting)
    outcome = run(*JOHNSON)
    assert outcome.code == 143
    assert "the model so far is in waves.safetensors" in outcome.err
    assert "--resume" in outcome.err
    assert load_model(training_workdir / "waves.safetensors").provenance["iterations_done"] == 1
    assert "already exists" in run(*JOHNSON).err
    stop[0] = False
    outcome = run(*JOHNSON, "--resume")
    assert outcome.code == 0
    assert "resumed after 1" in outcome.err
    assert load_model(training_workdir / "waves.safetensors").provenance["iterations_done"] == 3
    outcome = run(*JOHNSON, "--resume")
    assert "is already finished" in outcome.err and (outcome.code, outcome.out) == (0, "waves.safetensors\n")


@pytest.mark.slow
def test_a_model_begins_with_another(run: Run, training_workdir: Path) -> None:
    run(*JOHNSON, "--upsampling", "nearest")
    start = load_model(training_workdir / "waves.safetensors")
    save_model(start, training_workdir / "start.safetensors")
    few = [one for one in JOHNSON if one not in ("--width", "--blocks", "2", "1")]
    few.insert(few.index("--batch") + 1, "2")
    outcome = run(*few, "--init-from", "start.safetensors", "--learning-rate", "1e-12", "-o", "next.safetensors")
    assert outcome.code == 0
    found = load_model(training_workdir / "next.safetensors")
    assert found.config == start.config
    assert found.provenance["from"] == "waves"
    for one, other in zip(found.network.parameters(), start.network.parameters(), strict=True):
        assert (one - other).abs().max() < 1e-3
    assert "width is 4, but waves has 2" in run(*few, "--init-from", "start.safetensors", "--width", "4").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*JOHNSON, "-o", "model.png"), "must end in .safetensors"),
        ((*JOHNSON, "--style-blend", "1,2"), "style-blend has 2 weights for 1 pictures"),
        ((*JOHNSON, "--photo-size", "8"), "photo-size is 8"),
        (("train", "johnson", "waves.png"), "--dataset"),
        (("train", "johnson", "waves.png", "--dataset", "nowhere", *STYLE), "nowhere is not a folder"),
        ((*JOHNSON, "--init-from", "photo.jpg"), "photo.jpg is damaged, or is not a model"),
        ((*JOHNSON, "--schedule", "sometimes"), "schedule"),
        ((*JOHNSON, "--plot", "losses.txt"), "must end in"),
        ((*JOHNSON, "--plot", "nowhere/losses.png"), "the folder nowhere of losses.png does not exist"),
        ((*JOHNSON, "--plot", "night.png"), "night.png already exists: choose another name with --plot, "),
        ((*JOHNSON, "--plot", "./waves.png", "--force"), "waves.png would replace another file of this run"),
        (
            (*JOHNSON, "--plot", "photos/0.png", "--force"),
            "photos/0.png would lie in the folder of photographs, photos",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(
    arguments: tuple[str, ...], message: str, run: Run, training_workdir: Path
) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert not list(training_workdir.glob("*.safetensors"))


def test_super_resolution_trains_without_a_painting(run: Run, training_workdir: Path) -> None:
    layers = ("--content-layers", "conv2_1", "--factor", "4", "--device", "cpu")
    assert run("train", "super-resolution", *FEW, *layers).out == "larger-4.safetensors\n"
    model = load_model(training_workdir / "larger-4.safetensors")
    assert (model.architecture, model.config.factor, model.style) == ("super-resolution", 4, None)
    assert "psnr" in model.provenance["val_images"]


def test_the_families_are_listed_and_have_pages(run: Run, workdir: Path) -> None:
    listed = run("train", "--help").out
    assert "johnson" in listed
    assert "super-resolution" in listed
    page = run("train", "johnson", "--help").out
    for flag in (
        "--dataset",
        "--init-from",
        "--width",
        "--style-weight",
        "--mixed-precision",
        "--resume",
        "--schedule",
    ):
        assert flag in page
