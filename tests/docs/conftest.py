"""A folder with the files that the documents name, small settings, and evaluation networks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from PIL import Image
from torch import Tensor

from brushwork.cli.main import main
from brushwork.encoders.registry import tensor_shapes
from brushwork.encoders.weights.cache import EncoderWeights, write_weights
from brushwork.encoders.weights.catalog import WEIGHT_SETS
from brushwork.encoders.weights.lpips_layers import LINEAR_LAYERS, linear_shapes
from brushwork.experiments.context import ExperimentContext
from brushwork.experiments.papers import ruder
from brushwork.video import preview
from doc_snippets import ROOT
from tiny_films import panned, write_clip

SMALL = {
    "SIZE": 64,
    "ITERATIONS": 2,
    "MIN_SIZE": 0,
    "DEVICE": "cpu",
}
"""Settings of the environment, below those of a command's own flags."""

LANDSCAPE, SQUARE = (96, 48), (80, 80)
PHOTOGRAPHS = ("photo", "photos/a", "photos/b")
PAINTINGS = (
    *("painting", "one", "two", "waves", "pebbles", "composition", "strokes", "starry_night", "wave", "scream"),
    *("paintings/c", "paintings/d"),
)
EVALUATION_NETWORKS = ("vgg16", "alexnet", "lpips-vgg16", "lpips-alexnet")


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with networks of the evaluation networks' shapes and random weights: the true ones come from a host."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRUSHWORK_CACHE", str(folder))
        for name in EVALUATION_NETWORKS:
            known = WEIGHT_SETS[name]
            kinds = linear_shapes if known.architecture in LINEAR_LAYERS else tensor_shapes
            tensors = {key: _chance(torch.Size(shape)) for key, shape in kinds(known.architecture).items()}
            write_weights(
                EncoderWeights(name, known.architecture, known.preprocessing, "chance", "none", known.sha256, tensors)
            )
    return folder


@pytest.fixture
def small(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is small and short, by the environment; previews and experiments' evaluations by their constants."""
    for name, value in SMALL.items():
        monkeypatch.setenv(f"BRUSHWORK_{name}", str(value))
    monkeypatch.setenv("BRUSHWORK_CACHE", str(cache))
    for name in EVALUATION_NETWORKS:
        monkeypatch.setitem(WEIGHT_SETS, name, replace(WEIGHT_SETS[name], content=None))
    monkeypatch.setattr(
        ExperimentContext, "scale_iterations", lambda self, options, share=0.4: replace(options, iterations=2)
    )
    for name, value in {"SEEDS": 1, "FRAMES": 3}.items():
        monkeypatch.setattr(ruder, name, value)
    for name, value in {"_SHORT": 64, "_FIRST": 2, "_LATER": 2}.items():
        monkeypatch.setattr(preview, name, value)


@pytest.fixture(scope="session")
def made_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What commands made that others begin with, so that it is made once."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every picture and film that a document names."""
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("photos", "paintings"):
        (folder / name).mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    for number, name in enumerate((*PHOTOGRAPHS, *PAINTINGS)):
        colors = torch.rand(6, 6, 3, generator=torch.Generator().manual_seed(number))
        _save(colors, LANDSCAPE if name in PHOTOGRAPHS else SQUARE, folder / f"{name}.jpg")
    for name in ("clip", "person", "background", "frame-by-frame"):
        write_clip(folder / f"{name}.mp4", panned(3))
    _save(colors, (36, 32), folder / "dandelion.jpg")  # 200 evaluations at its own size
    across = torch.linspace(0, 1, 6).expand(6, 6)[..., None].expand(6, 6, 3)
    for name, colors in {"sky": across, "land": 1 - across, "rest": 1 - across}.items():
        _save(colors, LANDSCAPE, folder / f"{name}.png")
        _save(colors, SQUARE, folder / f"its_{name}.png")
    halves = torch.tensor([[1.0, 0, 0], [0, 0, 1]]).repeat_interleave(3, 0).expand(6, 6, 3)
    _save(halves, LANDSCAPE, folder / "map.png", Image.Resampling.NEAREST)
    _save(halves, SQUARE, folder / "its_map.png", Image.Resampling.NEAREST)
    (folder / "mine.toml").write_text('style-weight = 80\ncolor = "keep-luminance"\n')
    return folder


@pytest.fixture
def workdir(pictures: Path, tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with every picture that a document names."""
    shutil.copytree(pictures, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command in this process."""

    def run(*words: str) -> Outcome:
        code = main(words)
        return Outcome(code, *capfd.readouterr())

    return run


def _save(colors: Tensor, size: tuple[int, int], path: Path, how: Image.Resampling = Image.Resampling.BICUBIC) -> None:
    """A picture of such colors, from the left above to the right below."""
    Image.fromarray((255 * colors).byte().numpy()).resize(size, how).save(path)


def _chance(shape: torch.Size) -> Tensor:
    """Weights that keep the size of activations, without biases (LPIPS' linear layers are such vectors)."""
    if len(shape) == 1:
        return torch.zeros(shape)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)) * (2 / shape[1:].numel()) ** 0.5
