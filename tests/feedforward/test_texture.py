"""Textures from models: in range, the same for a seed, and in strips where they do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from brushwork.controls import RecipeInputs
from brushwork.devices.meter import MemoryMeter
from brushwork.errors import InputError
from brushwork.feedforward.inference import run_stylizer
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import JohnsonConfig, MGANConfig, TextureNetConfig
from brushwork.feedforward.networks.registry import architecture_name, build_network
from brushwork.feedforward.options import TextureModelOptions
from brushwork.feedforward.texture import NO_CONTENT, TextureStylizer
from brushwork.images.geometry import Size
from brushwork.types import Image
from tolerances import PAINTED

CPU = torch.device("cpu")
CONFIGS = [
    TextureNetConfig(scales=3, width=4),
    TextureNetConfig(scales=3, width=4, norm="batch"),
    pytest.param(MGANConfig(width=16), marks=pytest.mark.slow),
]


def stylizer_of(config: object, **options: object) -> TextureStylizer:
    network = build_network(config).eval().requires_grad_(False)
    if isinstance(config, TextureNetConfig):
        nn.init.normal_(network.last.weight, std=200.0)
    model = StyleModel("moss", architecture_name(config), config, network)
    return TextureStylizer(TextureModelOptions(size="90x70", **options), model)


def drawn(stylizer: TextureStylizer, side: int | None = None, **changes: object) -> Image:
    options = replace(stylizer.options, **changes)
    *passed, last = run_stylizer(options, RecipeInputs(NO_CONTENT), replace(stylizer, options=options), side)
    assert [one.done for one in passed] == sorted(one.done for one in passed)
    assert last.image is not None
    return last.image


@pytest.mark.parametrize("config", CONFIGS)
def test_it_is_what_the_network_makes_of_noise(config: object) -> None:
    stylizer = stylizer_of(config)
    texture = drawn(stylizer, seed=3)
    with torch.no_grad():
        assert torch.equal(texture, stylizer.model.network(size=Size(70, 90), seed=3).clamp(0, 1))
    assert not torch.equal(texture, drawn(stylizer, seed=4))


@pytest.mark.parametrize("config", CONFIGS)
def test_strips_are_the_whole(config: object) -> None:
    stylizer = stylizer_of(config)
    torch.testing.assert_close(drawn(stylizer, 32), drawn(stylizer), rtol=0, atol=PAINTED)


def test_the_seam_is_no_edge() -> None:
    """Rows that meet at the border differ as little as rows that lie beside each other (of random weights: nearly)."""
    torch.manual_seed(0)
    texture = drawn(stylizer_of(CONFIGS[0]), size="64x64")
    assert (float(texture.min()), float(texture.max())) == (0, 1)
    within = (texture[..., 1:, :] - texture[..., :-1, :]).abs().mean((0, 1, 3))
    seam = (texture[..., 0, :] - texture[..., -1, :]).abs().mean()
    assert seam <= 1.2 * within.max()


def test_strips_take_less_memory() -> None:
    stylizer = stylizer_of(TextureNetConfig(scales=3)).to_meta()
    peaks = []
    for side in (None, 256):
        with MemoryMeter() as meter:
            drawn(stylizer, side, size="1600x1600")
        peaks.append(meter.peak)
    assert peaks[1] < peaks[0] / 2


def test_from_a_file(tmp_path: Path) -> None:
    stylizer = stylizer_of(CONFIGS[0])
    save_model(stylizer.model, tmp_path / "moss.safetensors", half=False)
    options = TextureModelOptions(model=str(tmp_path / "moss.safetensors"), size="40x32", seed=3)
    assert torch.equal(drawn(options.load_stylizer(torch.device("cpu"))), drawn(stylizer, size="40x32", seed=3))


def test_sizes_keep_their_proportions() -> None:
    options = TextureModelOptions(size="100x50")
    assert options.with_size(64, Size(50, 100)).size == "64x32"
    assert options.size_in_pixels(options.output_size(Size(0, 0))) == 100


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"size": "20x90"}, "at least 32"), ({"size": "large"}, "WIDTHxHEIGHT"), ({"seed": -1}, "seed is -1")],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TextureModelOptions(**wrong)


def test_models_of_photographs_draw_no_textures(tmp_path: Path) -> None:
    config, path = JohnsonConfig(width=4, blocks=1), tmp_path / "two cubes.safetensors"
    save_model(StyleModel("cubes", "johnson", config, build_network(config)), path)
    with pytest.raises(InputError, match=r"cubes stylizes photographs.*--model '.*two cubes.safetensors'"):
        TextureModelOptions(model=str(path)).load_stylizer(CPU)
