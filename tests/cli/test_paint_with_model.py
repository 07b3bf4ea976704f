"""`brushwork paint --model`: from photographs to pictures by a network, in one pass."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from brushwork import devices
from brushwork.feedforward.model import StyleModel, load_model, save_model
from brushwork.feedforward.networks.configs import JohnsonConfig, MultiStyleConfig
from brushwork.feedforward.networks.multi_style import MultiStyleNetwork, is_scale_or_shift
from brushwork.feedforward.networks.registry import build_network
from brushwork.images import Size, image_size, read_image, read_metadata

Run = Callable[..., Any]
SETTINGS = JohnsonConfig(width=4, blocks=1)


@pytest.fixture
def workdir_with_model(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder with a photograph of 60×40, and a model called wave, which is also known by its name."""
    generator = torch.Generator().manual_seed(0)
    noise = (torch.rand(40, 60, 3, generator=generator) * 255).to(torch.uint8).numpy()
    Image.fromarray(noise).save(workdir / "photo.png")
    (workdir / "models").mkdir()
    save_model(
        StyleModel("wave", "johnson", SETTINGS, build_network(SETTINGS, seed=1)), workdir / "models/wave.safetensors"
    )
    monkeypatch.setenv("BRUSHWORK_MODELS", str(workdir / "models"))
    return workdir


def test_a_model_is_called_by_its_name(workdir_with_model: Path, run: Run) -> None:
    outcome = run("paint", "photo.png", "--model", "wave")
    assert (outcome.code, outcome.out) == (0, "photo+wave.png\n")
    assert "one forward pass" in outcome.err
    network = load_model("wave").network
    with torch.no_grad():
        wanted = network(read_image(workdir_with_model / "photo.png").image).clamp(0, 1)
    assert (read_image(workdir_with_model / "photo+wave.png").image - wanted).abs().max() < 0.6 / 255


def test_memory_is_kept_between_the_layers_of_a_model(
    workdir_with_model: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []
    monkeypatch.setattr(devices, "keep_small_blocks", lambda: kept.append(True))
    assert run("paint", "photo.png", "--model", "wave").code == 0 and kept == [True]
    assert run("paint", "photo.png", "waves.png", "--size", "64", "--iterations", "1").code == 0 and kept == [True]


def test_settings_of_the_environment_that_a_model_has_not_are_ignored(
    workdir_with_model: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"INIT": "waves.png", "RATIO": "1e-3", "METHOD": "mdan", "PRESET": "pastiche", "INSTANT": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"BRUSHWORK_{name}", value)
    outcome = run("paint", "photo.png", "--model", "wave")
    assert outcome.code == 0
    for name in settings:
        assert f"--{name.lower()} of the environment or the settings file is ignored here" in outcome.err
    assert "--ratio and --model were both given" in run("paint", "photo.png", "--model", "wave", "--ratio", "1").err


def test_a_painting_on_the_command_line_goes_before_a_model_of_the_environment(
    workdir_with_model: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRUSHWORK_MODEL", "wave")
    outcome = run("plan", "photo.png", "waves.png", "--instant", "--size", "40")
    assert outcome.code == 0 and "--model of the environment or the settings file is ignored here" in outcome.err


def test_the_metadata_name_the_model_and_the_picture_can_be_repeated(workdir_with_model: Path, run: Run) -> None:
    assert run("paint", "photo.png", "--model", "models/wave.safetensors", "--strength", "0.5", "-q").code == 0
    metadata = json.loads(read_metadata(workdir_with_model / "photo+wave.png") or "")
    assert (metadata["method"], metadata["network"]) == ("model", "wave")
    assert metadata["options"]["strength"] == 0.5
    assert len(metadata["weights"]) == 64
    assert run("rerun", "photo+wave.png", "-q").code == 0
    assert (workdir_with_model / "photo+wave-rerun.png").read_bytes() == (
        workdir_with_model / "photo+wave.png"
    ).read_bytes()


def test_a_changed_model_does_not_repeat(workdir_with_model: Path, run: Run) -> None:
    file = workdir_with_model / "models/mine.safetensors"
    save_model(StyleModel("mine", "johnson", SETTINGS, build_network(SETTINGS, seed=1)), file)
    run("paint", "photo.png", "--model", "models/mine.safetensors", "-q")
    save_model(StyleModel("mine", "johnson", SETTINGS, build_network(SETTINGS, seed=2)), file, overwrite=True)
    outcome = run("rerun", "photo+mine.png")
    assert outcome.code == 2
    assert "has changed" in outcome.err
    file.unlink()
    assert "is missing" in run("rerun", "photo+mine.png").err


def test_sizes_colors_and_strength(workdir_with_model: Path, run: Run) -> None:
    assert run("paint", "photo.png", "--model", "wave", "--size", "48", "-o", "small.png", "-q").code == 0
    assert image_size(workdir_with_model / "small.png") == Size(32, 48)
    run("paint", "photo.png", "--model", "wave", "--strength", "0", "-o", "none.png", "-q")
    assert torch.equal(
        read_image(workdir_with_model / "none.png").image, read_image(workdir_with_model / "photo.png").image
    )
    run("paint", "photo.png", "--model", "wave", "--color", "match-linear", "-o", "matched.png", "-q")
    means = [read_image(workdir_with_model / name).image.mean((0, 2, 3)) for name in ("matched.png", "photo.png")]
    torch.testing.assert_close(*means, atol=0.03, rtol=0)


def test_folders_of_photographs(workdir_with_model: Path, run: Run) -> None:
    (workdir_with_model / "photos").mkdir()
    for name in ("a.png", "b.png"):
        (workdir_with_model / "photos" / name).write_bytes((workdir_with_model / "photo.png").read_bytes())
    (workdir_with_model / "photos" / "broken.jpg").write_bytes(b"no picture")
    outcome = run("paint", "photos", "--model", "wave", "-o", "painted")
    assert outcome.out.split() == ["painted/a+wave.png", "painted/b+wave.png"]
    assert outcome.code == 2
    assert "broken+wave.png" in outcome.err


def test_pipes(workdir_with_model: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO((workdir_with_model / "photo.png").read_bytes()))
    taken = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", given)
    monkeypatch.setattr(sys, "stdout", taken)
    assert run("paint", "-", "--model", "wave", "-o", "-", "-q").code == 0
    assert Image.open(io.BytesIO(taken.buffer.getvalue())).size == (60, 40)  # type: ignore[attr-defined]


def test_json_reports_everything(workdir_with_model: Path, run: Run) -> None:
    document = json.loads(run("paint", "photo.png", "--model", "wave", "--json", "-q").out)
    assert document["output"] == "photo+wave.png"
    assert document["method"] == "model"
    assert document["size"] == [60, 40]


@pytest.mark.slow
def test_plans(workdir_with_model: Path, run: Run) -> None:
    outcome = run("plan", "photo.png", "--model", "wave", "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["fits"] and document["iterations"] == 0 < document["seconds"]
    outcome = run("plan", "photo.png", "--model", "wave")
    assert "one pass" in outcome.out and "?" not in outcome.out


def test_frozen_statistics_of_a_small_picture_are_its_own(workdir_with_model: Path, run: Run) -> None:
    run("paint", "photo.png", "--model", "wave", "-o", "a.png", "-q")
    run("paint", "photo.png", "--model", "wave", "--statistics", "frozen", "-o", "b.png", "-q")
    difference = read_image(workdir_with_model / "a.png").image - read_image(workdir_with_model / "b.png").image
    assert difference.abs().max() <= 1.01 / 255


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("photo.png", "waves.png", "--model", "wave"), "waves.png and --model wave were both given"),
        (("photo.png", "--model", "wave", "--style", "waves.png"), "wave has a single style, not waves.png"),
        (("photo.png",), "--model NAME"),
        (("photo.png", "--model", "wafe"), "Did you mean 'wave'"),
        (("photo.png", "--model", "photo.png"), "photo.png is damaged, or is not a model"),
        (("photo.png", "--model", "wave", "--instant"), "--instant and --model were both given"),
        (("photo.png", "--model", "wave", "--each"), "--each is for style images: with --model, run the command once"),
        (("photo.png", "--model", "wave", "--quality", "draft"), "--quality and --model were both given"),
        (("photo.png", "--model", "wave", "--ratio", "1"), "--ratio and --model were both given"),
        (("photo.png", "--model", "wave", "--init", "photo.png"), "--init and --model were both given"),
        (("photo.png", "--model", "wave", "--strength", "2"), "strength is 2"),
        (("photo.png", "waves.png", "--statistics", "frozen"), "--statistics applies to models only"),
        (("photo.png", "--model", "wave", "--color", "match-linear", "--color-when", "before"), "color-when after"),
        (("photo.png", "--model", "wave", "--plot", "plot.png"), "--plot"),
    ],
)
def test_invalid_arguments_are_reported(
    workdir_with_model: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run("paint", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""


def test_flags_of_optimization_are_left_aside(workdir_with_model: Path, run: Run) -> None:
    outcome = run("paint", "photo.png", "--model", "wave", "--iterations", "10")
    assert outcome.code == 0
    assert "ignores --iterations" in outcome.err


@pytest.fixture
def gallery(workdir_with_model: Path) -> MultiStyleNetwork:
    """A model with three styles, whose scales differ."""
    settings = MultiStyleConfig(styles=("day", "night", "snow"), width=4, blocks=1)
    network = build_network(settings, seed=1)
    assert isinstance(network, MultiStyleNetwork)
    generator = torch.Generator().manual_seed(2)
    for name, value in network.named_parameters():
        if is_scale_or_shift(name):
            value.data += 0.3 * torch.randn(value.shape, generator=generator)
    save_model(
        StyleModel("three", "multi-style", settings, network),
        workdir_with_model / "models/three.safetensors",
        half=False,
    )
    return network


@pytest.mark.parametrize(
    ("style", "blend", "result"),
    [
        (["night"], [0.0, 1.0, 0.0], "photo+three+night.png"),
        (["snow:1", "day:3"], [0.75, 0.0, 0.25], "photo+three+snow+day.png"),
    ],
)
def test_styles_of_a_gallery_are_chosen_and_blended(
    workdir_with_model: Path, gallery: MultiStyleNetwork, run: Run, style: list[str], blend: list[float], result: str
) -> None:
    outcome = run("paint", "photo.png", "--model", "models/three.safetensors", "--style", *style)
    assert (outcome.code, outcome.out) == (0, f"{result}\n")
    with torch.no_grad():
        wanted = gallery(read_image(workdir_with_model / "photo.png").image, torch.tensor(blend)).clamp(0, 1)
    assert (read_image(workdir_with_model / result).image - wanted).abs().max() < 0.6 / 255
    assert run("rerun", result, "-q").code == 0
    again = workdir_with_model / result.replace(".png", "-rerun.png")
    assert again.read_bytes() == (workdir_with_model / result).read_bytes()


@pytest.mark.usefixtures("gallery")
@pytest.mark.parametrize(
    ("model", "style", "message"),
    [
        ("three", [], "three has 3 styles: choose one or more with --style, of day, night, snow."),
        ("three", ["nigth"], "there is no style 'nigth'. Did you mean"),
        ("three", ["night:dark"], "the style 'night:dark' has no weight that is 0 or more"),
        ("three", ["night:0"], "the weights of a blend must be 0 or more, finite, and not all 0"),
        ("three", ["night", "night"], "the style night was given twice"),
        ("wave", ["night"], "wave has a single style, not night: remove --style."),
    ],
)
def test_styles_that_a_model_does_not_have_are_refused(
    workdir_with_model: Path, run: Run, model: str, style: list[str], message: str
) -> None:
    outcome = run("paint", "photo.png", "--model", model, *(["--style", *style] if style else []))
    assert outcome.code == 2
    assert message in outcome.err
    assert not list(workdir_with_model.glob("photo+*"))


@pytest.mark.usefixtures("gallery")
def test_the_styles_of_a_gallery_are_listed(run: Run) -> None:
    (row,) = json.loads(run("models", "three", "--json").out)
    assert row["settings"]["styles"] == ["day", "night", "snow"]
