"""Architectures by name: from settings to networks, and through JSON."""

from __future__ import annotations

import json

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.networks.configs import JohnsonConfig, MGANConfig, SuperResolutionConfig, TextureNetConfig
from brushwork.feedforward.networks.johnson import JohnsonNetwork
from brushwork.feedforward.networks.registry import (
    ARCHITECTURES,
    architecture_name,
    build_network,
    config_from_json,
    config_to_json,
)
from brushwork.images.geometry import Size


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_settings_travel_through_json(name: str) -> None:
    settings = ARCHITECTURES[name].config()
    assert config_from_json(name, json.loads(json.dumps(config_to_json(settings)))) == settings
    assert architecture_name(settings) == name


def test_the_seed_decides_the_first_weights_and_torch_is_left_as_it_was() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, same, other = (build_network(JohnsonConfig(width=2, blocks=1), seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first["layers.first.weight"], same["layers.first.weight"])
    assert not torch.equal(first["layers.first.weight"], other["layers.first.weight"])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_network_is_what_its_descriptor_says(name: str) -> None:
    """Its output has `scale` times the sides of an image of the smallest size, and depends on a seed or not."""
    spec = (config := ARCHITECTURES[name].config()).spec
    network = build_network(config).eval()
    side = max(spec.min_size, spec.stride)
    taken = {"image": torch.rand(1, 3, side, side)} if spec.takes_photographs else {"size": Size(side, side)}
    noise: list[dict[str, int]] = [{"seed": 1}, {"seed": 2}] if spec.needs_noise else [{}, {}]
    with torch.no_grad():
        first, second = (network(**taken, **seed) for seed in noise)
    assert Size.of(first) == Size(side * spec.scale, side * spec.scale)
    assert torch.equal(first, second) != spec.needs_noise


def test_what_networks_are_for() -> None:
    assert JohnsonConfig().spec.purposes == ("stylize",)
    assert MGANConfig().spec.purposes == ("stylize", "texture")
    assert TextureNetConfig().spec.purposes == ("texture",)
    assert TextureNetConfig(photograph=True).spec.purposes == ("stylize",)
    assert SuperResolutionConfig(factor=8).spec.scale == 8


def test_a_network_is_of_its_kind() -> None:
    assert isinstance(build_network(JohnsonConfig(width=2, blocks=1)), JohnsonNetwork)


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(InputError, match=r"no architecture 'jonson'.*johnson"):
        config_from_json("jonson", {})
    with pytest.raises(InputError, match="johnson has no setting 'depth'"):
        config_from_json("johnson", {"depth": 3})
    with pytest.raises(InputError, match=r"no architecture"):
        architecture_name("johnson")
