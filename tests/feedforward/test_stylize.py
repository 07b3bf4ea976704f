"""Stylizing with a model: at once, in strips, in tiles; at a strength; in bounded memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from brushwork.controls import RecipeInputs
from brushwork.devices.meter import META, MemoryMeter
from brushwork.encoders.backends import choose_engine, usable_engines
from brushwork.errors import InputError
from brushwork.feedforward import stylize
from brushwork.feedforward.inference import run_stylizer
from brushwork.feedforward.model import StyleModel, save_model
from brushwork.feedforward.networks.configs import JohnsonConfig, MGANConfig, SuperResolutionConfig, TextureNetConfig
from brushwork.feedforward.networks.registry import architecture_name, build_network
from brushwork.feedforward.options import ModelOptions
from brushwork.feedforward.stylize import ModelStylizer
from brushwork.images.geometry import Size
from tolerances import PAINTED, SINGLE

CPU = torch.device("cpu")


def make_stylizer(settings: object, **options: object) -> ModelStylizer:
    network = build_network(settings, seed=2).eval().requires_grad_(False)
    model = StyleModel("wave", architecture_name(settings), settings, network)
    given = ModelOptions(**options)
    return ModelStylizer(given, model, choose_engine(given.engine, CPU))


def painted(stylizer: ModelStylizer, image: torch.Tensor, side: int | None = None, **changes: object) -> torch.Tensor:
    options = replace(stylizer.options, **changes)
    *passed, last = run_stylizer(options, RecipeInputs(image), replace(stylizer, options=options), side)
    assert [one.done for one in passed] == sorted(one.done for one in passed)
    assert last.done == 1
    assert last.image is not None
    return last.image


def photograph(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))


@pytest.mark.parametrize(
    "settings", [JohnsonConfig(width=4, blocks=1), TextureNetConfig(scales=3, width=4, photograph=True)]
)
def test_strips_and_at_once_are_the_same(settings: object) -> None:
    stylizer, image = make_stylizer(settings), photograph(71, 54)
    with torch.no_grad():
        whole = stylizer.model.network(image).clamp(0, 1)
    for side in (None, 24, 400):
        torch.testing.assert_close(painted(stylizer, image, side), whole, rtol=0, atol=PAINTED)


@pytest.mark.parametrize("engine", usable_engines())
def test_every_engine_paints_the_same(engine: str) -> None:
    stylizer, image = make_stylizer(JohnsonConfig(width=16, blocks=1), engine=engine), photograph(71, 54)
    with torch.no_grad():
        whole = stylizer.model.network(image).clamp(0, 1)
    for side in (None, 24):
        torch.testing.assert_close(painted(stylizer, image, side), whole, rtol=0, atol=PAINTED)


def test_frozen_statistics_make_tiles() -> None:
    stylizer, image = make_stylizer(JohnsonConfig(width=4, blocks=1), statistics="frozen"), photograph(90, 120)
    whole = painted(stylizer, image, 1000)
    torch.testing.assert_close(painted(stylizer, image, 64), whole, rtol=0, atol=PAINTED)


def test_strength_lies_between_the_photograph_and_the_picture() -> None:
    stylizer, image = make_stylizer(JohnsonConfig(width=4, blocks=1)), photograph(40, 44)
    whole = painted(stylizer, image)
    torch.testing.assert_close(
        painted(stylizer, image, strength=0.25), 0.75 * image + 0.25 * whole, rtol=0, atol=SINGLE
    )
    assert torch.equal(painted(stylizer, image, strength=0.0), image)


def test_larger_pictures_are_larger() -> None:
    stylizer, image = (
        make_stylizer(SuperResolutionConfig(width=4, blocks=1, factor=2), strength=0.5),
        photograph(33, 40),
    )
    assert Size.of(painted(stylizer, image)) == Size(66, 80)


@pytest.mark.parametrize(
    "settings", [JohnsonConfig(width=4, blocks=1), TextureNetConfig(scales=3, width=4, photograph=True)]
)
def test_photographs_may_be_small(settings: object) -> None:
    """As those of jobs: `ModelOptions.takes_small_images`."""
    stylizer, image = make_stylizer(settings), photograph(12, 20)
    assert torch.equal(stylize.stylize(image, stylizer.model), painted(stylizer, image))


def test_noise_hangs_on_the_seed() -> None:
    stylizer, image = make_stylizer(TextureNetConfig(scales=3, width=4, photograph=True)), photograph(40, 48)
    assert torch.equal(painted(stylizer, image, seed=1), painted(stylizer, image, seed=1))
    assert not torch.equal(painted(stylizer, image, seed=1), painted(stylizer, image, seed=2))


def test_lightness_alone_keeps_the_photographs_colors() -> None:
    stylizer, image = make_stylizer(JohnsonConfig(width=4, blocks=1)), photograph(40, 44)
    found, plain = painted(stylizer, image, color="keep-luminance"), painted(stylizer, image)
    ratio = found - found.mean(1, keepdim=True), image - image.mean(1, keepdim=True)
    assert torch.nn.functional.cosine_similarity(*(one.flatten() for one in ratio), dim=0) > 0.9
    assert not torch.equal(found, plain)


def test_strips_with_maps_in_files_take_less_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylize, "_LARGE", 2**20)
    stylizer = make_stylizer(JohnsonConfig(width=8, blocks=1)).to_meta()
    image = torch.empty(1, 3, 2400, 3200, device=META)
    peaks = []
    for side, statistics in ((None, "exact"), (256, "exact"), (256, "frozen")):
        with MemoryMeter() as meter:
            painted(stylizer, image, side, statistics=statistics)
        peaks.append(meter.peak)
    assert peaks[1] < peaks[0] / 2
    assert peaks[2] < peaks[0] / 2


@pytest.mark.slow
def test_markovian_networks_know_their_memory_too() -> None:
    stylizer = make_stylizer(MGANConfig(width=8))
    with MemoryMeter() as meter:
        painted(stylizer.to_meta(), torch.empty(1, 3, 400, 600, device=META), 384)
    assert meter.peak > 64 * 400 * 600  # bytes: less than one map of the first layer takes
    assert Size.of(painted(stylizer, photograph(33, 42), 24)) == Size(33, 42)


class Mean(nn.Module):
    """A network that cannot go window by window."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image - image.mean((2, 3), keepdim=True) + 0.5


def test_what_cannot_go_in_tiles_goes_at_once() -> None:
    stylizer, image = make_stylizer(JohnsonConfig(width=4, blocks=1)), photograph(40, 40)
    stylizer = replace(stylizer, model=replace(stylizer.model, network=Mean()))
    torch.testing.assert_close(painted(stylizer, image), Mean()(image).clamp(0, 1), rtol=0, atol=SINGLE)
    with pytest.raises(InputError, match=r"wave cannot run in tiles .*: use a smaller size"):
        painted(stylizer, image, 24)


def test_a_texture_model_paints_no_photographs(tmp_path: Path) -> None:
    settings = TextureNetConfig(scales=2, width=4)
    path = tmp_path / "stones.safetensors"
    save_model(StyleModel("stones", "texture", settings, build_network(settings)), path)
    with pytest.raises(InputError, match="stones generates textures"):
        ModelOptions(model=str(path)).load_stylizer(CPU)


def test_a_model_stays_where_it_is() -> None:
    """Images on other devices do not move it, of which `meta` would take its values."""
    model = make_stylizer(JohnsonConfig(width=4, blocks=1)).model
    before = {name: tensor.clone() for name, tensor in model.network.state_dict().items()}
    assert stylize.copy_to_device(model, CPU) is model
    moved = stylize.copy_to_device(model, META)
    assert all(one.device == META and not one.requires_grad for one in moved.network.parameters())
    with pytest.raises(InputError, match="the content image is on the device meta, where tensors have no values"):
        stylize.stylize(photograph(40, 40).to(META), model)
    after = model.network.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_double_precision_is_taken_as_the_network_computes() -> None:
    model, image = make_stylizer(JohnsonConfig(width=4, blocks=1)).model, photograph(40, 44)
    assert torch.equal(stylize.stylize(image.double(), model), stylize.stylize(image, model))
