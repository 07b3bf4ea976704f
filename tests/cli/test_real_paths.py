"""From one command's file to the next command, with the true networks: what is written can be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.feedforward.model import load_model
from brushwork.images import write_image
from brushwork.recipes import PRESETS

Run = Callable[..., Any]

QUICK = ("--size", "64", "--iterations", "2", "--min-size", "0")
LEARN = ("--dataset", "photos", "--iterations", "2", "--batch", "1", "--val-images", "1", "--device", "cpu")
TINY = ("--width", "4", "--blocks", "1")
SEEN = ("--style-size", "48", "--crop", "32")

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def pictures(workdir: Path) -> None:
    """Three photographs and two paintings of blots, and two masks."""
    (workdir / "photos").mkdir()
    sizes = {"photo.png": (64, 80), "photos/a.png": (72, 72), "photos/b.png": (72, 90), "photos/c.png": (80, 72)}
    for number, (name, size) in enumerate({**sizes, "waves.png": (70, 64), "night.png": (64, 90)}.items()):
        blots = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(number))
        picture = torch.nn.functional.interpolate(blots, size, mode="bilinear")
        write_image(picture, workdir / name, overwrite=True)
    across = torch.linspace(0, 1, 80).expand(1, 3, 64, 80)
    write_image(across, workdir / "sky.png")
    write_image(1 - across, workdir / "land.png")


def succeed(run: Run, *words: str) -> Any:
    outcome = run(*words)
    assert outcome.code == 0, outcome.err
    return outcome


def pixels(name: str) -> np.ndarray[Any, Any]:
    with Image.open(name) as picture:
        return np.asarray(picture)


ADDED = ("fzliu-googlenet", "fzliu-caffenet")
"""Presets on weights that must be added by hand."""
HERE = [name for name in PRESETS if name not in ADDED]

PAINTED = {
    **{f"preset {name}": ("paint", "photo.png", "waves.png", *QUICK, "--preset", name) for name in HERE},
    **{
        f"loss {name}": ("paint", "photo.png", "waves.png", *QUICK, "--style-layers", "conv2_1", "--loss", name)
        for name in ("moments", "covariance", "wasserstein", "sliced", "histogram", "patches")
    },
    "color matched": ("paint", "photo.png", "waves.png", *QUICK, "--color", "match-histogram"),
    "regions": ("paint", "photo.png", "waves.png", "night.png", *QUICK, "--region", "sky.png:", "land.png:"),
    "begun at once": ("paint", "photo.png", "waves.png", *QUICK, "--init", "instant"),
    "by torch alone": ("paint", "photo.png", "waves.png", *QUICK, "--engine", "plain"),
    "instant": ("paint", "photo.png", "waves.png", "--size", "64", "--instant"),
    "model": ("paint", "photo.png", "--size", "64", "--model", "gallery", "--style", "wave", "scream:0.5"),
    "mdan": (
        "paint",
        "--method",
        "mdan",
        "photo.png",
        "waves.png",
        "--size",
        "64",
        "--iterations",
        "2",
        "--rotations",
        "0",
        "--scales",
        "1",
    ),
    "texture": ("texture", "waves.png", "--size", "70x40", "--iterations", "2"),
    "content": ("reconstruct", "content", "photo.png", *QUICK),
    "style": ("reconstruct", "style", "waves.png", "--size", "64", "--iterations", "2"),
    "combined": ("style", "combine", "waves.png", "night.png", "--size", "64", "--iterations", "2"),
}


@pytest.mark.parametrize("words", PAINTED.values(), ids=PAINTED)
def test_it_is_painted_and_repeated_bit_for_bit(run: Run, words: tuple[str, ...]) -> None:
    succeed(run, *words, "-o", "out.png")
    succeed(run, "rerun", "out.png")
    assert np.array_equal(pixels("out-rerun.png"), pixels("out.png"))


def test_a_file_of_settings_says_what_flags_say(run: Run, workdir: Path) -> None:
    settings = ("size = 64", "iterations = 2", "min-size = 0", 'style-layers = ["conv1_1", "conv2_1"]')
    (workdir / "mine.toml").write_text("\n".join((*settings, 'loss = ["gram:1", "moments:2"]')))
    flags = (*QUICK, "--style-layers", "conv1_1", "conv2_1", "--loss", "gram:1", "moments:2")
    succeed(run, "paint", "photo.png", "waves.png", "--config", "mine.toml", "-o", "file.png")
    succeed(run, "paint", "photo.png", "waves.png", *flags, "-o", "flags.png")
    assert np.array_equal(pixels("file.png"), pixels("flags.png"))


def test_a_model_is_trained_found_by_its_name_and_exported(
    run: Run, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = pytest.importorskip("onnxruntime")
    monkeypatch.setenv("BRUSHWORK_MODELS", str(workdir / "mine"))
    (workdir / "mine").mkdir()
    # With fixed means and deviations: those of the few cells of a small picture would blow up rounding.
    fixed = ("--norm", "batch", "--border", "reflect", "--upsampling", "nearest")
    succeed(run, "train", "johnson", "waves.png", *LEARN, *SEEN, *TINY, *fixed, "-o", "mine/own.safetensors")
    assert "own" in succeed(run, "models").out
    succeed(run, "paint", "photo.png", "--model", "own", "--size", "64", "-o", "out.png")
    succeed(run, "rerun", "out.png")
    assert np.array_equal(pixels("out-rerun.png"), pixels("out.png"))

    succeed(run, "models", "export", "own", "-o", "own.onnx")
    session = runtime.InferenceSession("own.onnx", providers=["CPUExecutionProvider"])
    with Image.open("photo.png") as photograph:
        shown = np.asarray(photograph, np.float32).transpose(2, 0, 1)[None] / 255
    succeed(run, "paint", "photo.png", "--model", "own", "--size", "full", "-o", "full.png")
    (picture,) = session.run(None, {"photograph": shown})
    # Half a step of 8 bits for rounding, and half a step for float32 in another order.
    assert np.abs(255 * picture[0].transpose(1, 2, 0) - pixels("full.png")).max() <= 1

    network = load_model(Path("mine/own.safetensors")).network
    for height, width in ((1, 1), (1, 50), (2, 3), (4, 4), (5, 9), (40, 41), (43, 60)):
        few = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(7))
        with torch.no_grad():
            wanted = network(few).clamp(0, 1)
        (found,) = session.run(["picture"], {"photograph": few.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), wanted, rtol=0, atol=1e-5)
    assert wanted.min() > 0 and wanted.max() < 1 and wanted.std() > 0.01  # not clipped, nor one color


def test_a_training_goes_on_from_a_model(run: Run) -> None:
    train = ("train", "johnson", "waves.png", *LEARN, *SEEN, *TINY)
    succeed(run, *train, "-o", "first.safetensors")
    succeed(run, *train, "--init-from", "first.safetensors", "-o", "next.safetensors")
    succeed(run, "paint", "photo.png", "--model", "next.safetensors", "--size", "64", "-o", "out.png")
    succeed(run, "paint", "photo.png", "--model", "first.safetensors", "--size", "64", "-o", "before.png")
    assert not np.array_equal(pixels("out.png"), pixels("before.png"))


def test_a_texture_is_trained_and_repeated(run: Run) -> None:
    small = ("--scales", "3", "--width", "4", "--style-size", "32", "--crop", "32", "--device", "cpu")
    rest = ("--iterations", "2", "--batch", "1", "--val-images", "1")
    succeed(run, "train", "texture", "waves.png", *small, *rest, "-o", "moss.safetensors")
    succeed(run, "texture", "--model", "moss.safetensors", "--size", "64x48", "--seed", "3", "-o", "moss.png")
    succeed(run, "rerun", "moss.png", "-o", "twice.png")
    assert np.array_equal(pixels("twice.png"), pixels("moss.png"))


def test_a_decoder_is_trained_on_pictures_that_mdan_paints(run: Run) -> None:
    targets = ("--targets", "2", "--target-size", "72", "--target-iterations", "2", "--rotations", "0", "--scales", "1")
    learn = ("--width", "16", "--block", "64", *LEARN)
    succeed(run, "train", "mgan", "waves.png", *targets, *learn, "-o", "own.safetensors")
    succeed(run, "paint", "photo.png", "--model", "own.safetensors", "-o", "out.png")
    assert pixels("out.png").shape[2] == 3


def test_a_model_is_trained_to_enlarge(run: Run) -> None:
    succeed(
        run,
        "train",
        "super-resolution",
        *LEARN,
        "--factor",
        "2",
        "--width",
        "8",
        "--crop",
        "32",
        "-o",
        "big.safetensors",
    )
    succeed(run, "paint", "photo.png", "--model", "big.safetensors", "--size", "full", "-o", "out.png")
    assert pixels("out.png").shape == (128, 160, 3)


PLANNED = (
    ("photo.png", "waves.png", "--method", "mdan", "--size", "64", "--rotations", "0", "--scales", "1"),
    ("texture", "waves.png", "--size", "64x48"),
    ("reconstruct", "content", "photo.png", "--size", "64"),
)


@pytest.mark.parametrize("words", PLANNED, ids=lambda words: words[0])
def test_it_is_planned(run: Run, words: tuple[str, ...]) -> None:
    assert "iterations" in succeed(run, "plan", *words, "--iterations", "2").out
