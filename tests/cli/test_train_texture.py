"""`brushwork train texture`: from a picture to a model that draws it, or that paints photographs with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from brushwork.feedforward.model import load_model
from brushwork.feedforward.networks.configs import TextureNetConfig
from brushwork.images import read_image, write_image
from brushwork.training.tasks import texture_net
from tiny_network import CONTENT, STYLE, picture, tiny_network

Run = Callable[..., Any]

SMALL = ("--scales", "3", "--width", "4", "--crop", "32", "--style-size", "32", "--batch", "2", "--val-images", "2")
FEW = (*SMALL, "--iterations", "3", "--style-layers", *STYLE, "--device", "cpu", "-q")


@pytest.fixture(autouse=True)
def use_tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network is the tiny one."""
    monkeypatch.setattr(texture_net, "load_encoder_for", lambda options, device: tiny_network())


@pytest.fixture
def style_image(workdir: Path) -> Path:
    return write_image(picture(1, 40, 50), workdir / "pebbles.png")


@pytest.mark.slow
@pytest.mark.usefixtures("style_image")
def test_a_texture_is_trained_and_generated(run: Run) -> None:
    outcome = run("train", "texture", "pebbles.png", *FEW, "--license", "CC0-1.0")
    assert (outcome.code, outcome.out) == (0, "pebbles.safetensors\n")
    model = load_model("pebbles.safetensors")
    assert model.config == TextureNetConfig(scales=3, width=4)
    assert (model.architecture, model.license) == ("texture", "CC0-1.0")
    assert model.style is not None
    assert model.provenance["styles"][0]["name"] == "pebbles.png"
    assert model.provenance["iterations_done"] == 3
    assert run("texture", "--model", "pebbles.safetensors", "--size", "48x40", "-o", "new.png").code == 0
    assert read_image("new.png").image.shape == (1, 3, 40, 48)


@pytest.mark.slow
@pytest.mark.usefixtures("style_image")
def test_photographs_are_painted_by_the_other_published_network(run: Run, workdir: Path) -> None:
    folder = workdir / "photographs"
    folder.mkdir()
    for number in range(4):
        write_image(picture(number, 48, 56), folder / f"{number}.png")
    content = ("--content-layers", *CONTENT)
    assert run("train", "texture", "pebbles.png", "--dataset", "photographs", *FEW, *content).code == 0
    model = load_model("pebbles.safetensors")
    assert model.config == TextureNetConfig(scales=3, width=4, photograph=True, pointwise=False)
    options = model.provenance["options"]
    assert (options["content_weight"], options["style_weight"], options["normalization"]) == (0.6, 1000.0, "programs")
    assert options["normalized_gradients"] is False


@pytest.mark.slow
@pytest.mark.usefixtures("style_image")
def test_losses_are_kept_beside(run: Run, workdir: Path) -> None:
    run("train", "texture", "pebbles.png", *FEW, "--patch", "32x40+8+0", "-o", "p.safetensors")
    assert json.loads((workdir / "p.json").read_text())
    assert list((workdir / "p-validation").iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.png",), "missing.png"),
        (("pebbles.png", "--learning-rate", "0"), "learning-rate is 0"),
        (("pebbles.png", "--style-blend", "1", "2"), "2 weights for 1 pictures"),
        (("pebbles.png", "--patch", "60x40+0+0"), "the image is 50×40"),
        (("pebbles.png", "--patch", "left"), "patch is 'left'"),
        (("pebbles.png", "--norm", "layer"), "norm"),
    ],
)
@pytest.mark.usefixtures("style_image")
def test_what_cannot_be_trained(run: Run, arguments: tuple[str, ...], message: str) -> None:
    outcome = run("train", "texture", *arguments, *FEW)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.split())
