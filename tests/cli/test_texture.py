"""`brushwork texture --model`: textures drawn at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import TextureNetConfig
from brushwork.feedforward.networks.texture_net import TextureNetwork
from brushwork.images import read_image, read_metadata

Run = Callable[..., Any]


def save_texture_model(path: Path, settings: TextureNetConfig) -> Path:
    torch.manual_seed(0)
    network = TextureNetwork(settings)
    nn.init.normal_(network.last.weight, std=20.0)
    save_model(StyleModel(path.stem, "texture", settings, network), path, overwrite=True)
    return path


@pytest.fixture
def texture_model(workdir: Path) -> Path:
    return save_texture_model(workdir / "moss.safetensors", TextureNetConfig(scales=3, width=4))


@pytest.mark.usefixtures("texture_model")
def test_a_texture_of_a_size_and_a_seed(run: Run) -> None:
    ending = ("--model", "moss.safetensors", "--size", "70x40", "-q")
    assert run("texture", *ending).out == "moss.png\n"
    run("texture", *ending, "--seed", "3", "-o", "other.png")
    run("texture", *ending, "--seed", "3", "-o", "same.png")
    first, other, same = (read_image(f"{name}.png").image for name in ("moss", "other", "same"))
    assert first.shape == (1, 3, 40, 70)
    assert torch.equal(other, same) and not torch.equal(first, other)


@pytest.mark.usefixtures("texture_model")
def test_rerun_repeats_it(run: Run, workdir: Path) -> None:
    run("texture", "--model", "moss.safetensors", "--size", "70x40", "--seed", "3", "-o", "moss.png")
    manifest = json.loads(read_metadata("moss.png") or "")
    assert (manifest["method"], manifest["content"], manifest["network"]) == ("texture-model", None, "moss")
    assert run("rerun", "moss.png", "-o", "repeated.png").code == 0
    assert (workdir / "repeated.png").read_bytes() == (workdir / "moss.png").read_bytes()


def test_rerun_keeps_the_name_of_a_model_of_the_package(run: Run, workdir: Path) -> None:
    ending = ("--size", "64x64", "--seed", "3", "--resume", "-o")
    run("texture", "--model", "auvers-texture", *ending, "named.png")
    assert run("rerun", "named.png", "-o", "repeated.png").code == 0
    assert (workdir / "repeated.png").read_bytes() == (workdir / "named.png").read_bytes()
    assert run("texture", "--model", "auvers-texture", *ending, "repeated.png").code == 0


def test_rerun_wants_the_same_model(run: Run, workdir: Path, texture_model: Path) -> None:
    run("texture", "--model", texture_model.name, "--size", "70x40", "-o", "moss.png")
    save_texture_model(texture_model, TextureNetConfig(scales=3, width=8))
    outcome = run("rerun", "moss.png", "-o", "repeated.png")
    assert outcome.code == 2
    assert "moss.safetensors has changed" in " ".join(outcome.err.split())


@pytest.mark.usefixtures("texture_model")
def test_a_finished_texture_stays(run: Run, workdir: Path) -> None:
    ending = ("--model", "moss.safetensors", "--size", "70x40", "-o", "moss.png", "--resume")
    run("texture", *ending)
    before = (workdir / "moss.png").stat().st_mtime_ns
    assert "already finished" in " ".join(run("texture", *ending).err.split())
    assert (workdir / "moss.png").stat().st_mtime_ns == before


@pytest.mark.usefixtures("texture_model")
def test_it_has_no_origin_to_be_compared_with(run: Run) -> None:
    run("texture", "--model", "moss.safetensors", "--size", "70x40", "-o", "moss.png")
    outcome = run("evaluate", "moss.png")
    assert outcome.code == 2
    assert "made without a content image and a style image" in " ".join(outcome.err.split())


@pytest.mark.usefixtures("texture_model")
def test_options_of_optimized_textures_are_left_aside(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHWORK_ITERATIONS", "3")
    outcome = run("texture", "--model", "moss.safetensors", "--size", "64x64", "--history", "5")
    assert outcome.code == 0
    assert "this method ignores --" in outcome.err
    assert "--iterations" in outcome.err and "--history" in outcome.err


@pytest.mark.usefixtures("texture_model")
def test_json_reports_what_was_generated(run: Run) -> None:
    document = json.loads(run("texture", "--model", "moss.safetensors", "--size", "64x64", "--json").out)
    assert (document["output"], document["content"], document["size"]) == ("moss.png", None, [64, 64])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("photo.jpg",), "both given"),
        (("--save-every", "3"), "--save-every shows iterations"),
        (("--size", "20x20"), "at least 32 pixels"),
        (("--size", "large"), "WIDTHxHEIGHT"),
        (("-o", "photo.jpg"), "already exists"),
    ],
)
@pytest.mark.usefixtures("texture_model")
def test_what_it_does_not_take(run: Run, arguments: tuple[str, ...], message: str) -> None:
    outcome = run("texture", "--model", "moss.safetensors", *arguments)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())


def test_models_for_photographs_generate_no_textures(run: Run, workdir: Path) -> None:
    save_texture_model(workdir / "cubes.safetensors", TextureNetConfig(scales=2, width=4, photograph=True))
    outcome = run("texture", "--model", "cubes.safetensors")
    assert outcome.code == 2
    assert "stylizes photographs" in " ".join(outcome.err.split())


def test_a_model_of_the_settings_is_ignored_where_a_picture_is_named(
    runner: Any, run: Run, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHWORK_MODEL", "gallery")
    outcome = run("texture", "photo.jpg")
    assert outcome.code == 0 and "--model of the environment or the settings file is ignored here" in outcome.err
    assert runner.job.content == Path("photo.jpg")


def test_its_size_is_not_that_of_paintings_in_the_environment(
    runner: Any, run: Run, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workdir / "mine.toml").write_text('size = "96x64"\nhistory = 7\n')
    monkeypatch.setenv("BRUSHWORK_SIZE", "64")
    assert run("texture", "photo.jpg", "-q").code == 0
    assert run("texture", "photo.jpg", "-q", "--force", "--config", "mine.toml").code == 0
    monkeypatch.setenv("BRUSHWORK_CONFIG", "mine.toml")
    assert run("texture", "photo.jpg", "-q", "--force").code == 0
    found = [(job.options.size, job.options.history) for job in runner.jobs]
    assert found == [("", 20), ("96x64", 7), ("", 7)]


def test_neither_picture_nor_model(run: Run, workdir: Path) -> None:
    outcome = run("texture")
    assert outcome.code == 2
    assert "neither an image nor --model was given" in outcome.err


def test_pictures_go_the_old_way(run: Run, runner: Any, workdir: Path) -> None:
    run("texture", "photo.jpg", "-q")
    assert runner.job.content == Path("photo.jpg")


@pytest.mark.slow
@pytest.mark.usefixtures("texture_model")
def test_its_plan(run: Run) -> None:
    plan = json.loads(run("plan", "texture", "--model", "moss.safetensors", "--size", "96x64", "--json").out)
    assert (plan["levels"][0]["size"], plan["fits"], plan["iterations"]) == ([96, 64], True, 0)
    outcome = run("plan", "texture", "--model", "moss.safetensors", "--size", "30000x15000", "--memory", "4.5GB")
    assert outcome.code == 1
    assert re.search(r"The largest that fits is \d+ pixels on its long side", " ".join(outcome.out.split()))
