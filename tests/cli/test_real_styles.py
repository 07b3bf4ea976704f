"""Styles in files with the real network: painted with, they give the picture that their paintings give, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from brushwork.images import resample, write_image

Run = Callable[..., Any]

SIZES = ("--size", "64", "--min-size", "48", "--device", "cpu")
QUICK = (*SIZES, "--iterations", "2", "--iteration-decay", "0.5", "--init", "recolored")
"""A style file has no picture to take patches from."""

LOOKS = {
    "default": (),
    "of the original network, shallow": ("--network", "vgg19", "--style-layers", "conv1_1", "conv2_1"),
    "as in neural-style": ("--preset", "neural-style"),
    "larger": ("--style-scale", "1.25"),
}


@pytest.fixture(autouse=True)
def pictures(workdir: Path) -> None:
    generator = torch.Generator().manual_seed(1)
    for name, size in {"photo.png": (60, 80), "waves.png": (70, 64), "night.png": (64, 90)}.items():
        write_image(torch.rand(1, 3, *size, generator=generator), workdir / name, overwrite=True)


def painted(run: Run, *arguments: str) -> np.ndarray[Any, Any]:
    """The pixels that `brushwork paint photo.png ARGUMENTS` writes."""
    outcome = run("paint", "photo.png", *arguments, "-o", "out.png", "--force", "--quiet")
    assert outcome.code == 0, outcome.err
    with Image.open("out.png") as picture:
        return np.asarray(picture)


def kept(run: Run, name: str, *options: str) -> str:
    outcome = run("style", "extract", f"{name}.png", *SIZES, *options)
    assert outcome.code == 0, outcome.err
    return f"{name}.style"


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_style_paints_as_its_painting(run: Run, look: tuple[str, ...]) -> None:
    options = (*QUICK, *look)
    assert np.array_equal(painted(run, kept(run, "waves", *look), *options), painted(run, "waves.png", *options))


@pytest.mark.slow
def test_also_beside_a_painting_and_mixed(run: Run) -> None:
    waves, night = kept(run, "waves"), kept(run, "night")
    blend = (*QUICK, "--style-blend", "0.75", "0.25")
    expected = painted(run, "waves.png", "night.png", *blend)
    assert np.array_equal(painted(run, waves, "night.png", *blend), expected)
    assert np.array_equal(painted(run, waves, night, *blend), expected)
    assert run("style", "blend", "waves.style:0.75", "night.style:0.25", "-o", "both.style").code == 0
    assert np.array_equal(painted(run, "both.style", *QUICK), expected)


@pytest.mark.slow
def test_also_where_the_painting_is_a_large_image(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large image is reduced while it is read, as far as it is encoded: here by two."""
    monkeypatch.setattr(resample, "LARGE_IMAGE_PIXELS", 10_000)
    write_image(torch.rand(1, 3, 260, 256), Path("waves.png"), overwrite=True)
    assert np.array_equal(painted(run, kept(run, "waves"), *QUICK), painted(run, "waves.png", *QUICK))


@pytest.mark.slow
def test_also_at_once(run: Run) -> None:
    look = ("--instant", "--size", "64")
    assert np.array_equal(painted(run, kept(run, "waves"), *look), painted(run, "waves.png", *look))


@pytest.mark.slow
def test_other_weights_of_the_same_name_and_another_preprocessing_are_refused(run: Run) -> None:
    style = kept(run, "waves", "--network", "vgg19")
    for options, printed in (((), "network vgg19, not vgg19-normalized"), (("--network", "vgg19", "--ceil"), "ceil")):
        outcome = run("paint", "photo.png", style, *QUICK, *options)
        assert outcome.code == 2
        assert f"the style of waves.png was extracted with {printed}" in outcome.err
