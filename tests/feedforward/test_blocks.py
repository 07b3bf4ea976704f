"""What models are made of: residual blocks, norms, layers that enlarge."""

from __future__ import annotations

import torch
from torch import nn

from brushwork.feedforward.networks.blocks import (
    ResidualBlock,
    make_norm,
    upsampling_layers,
)
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.johnson import JohnsonNetwork
from tolerances import rounding


def test_a_residual_block_adds_the_middle_of_what_went_in() -> None:
    block = ResidualBlock("instance", 4)
    feature = torch.randn(1, 4, 12, 10)
    inside = nn.Sequential(block.a, block.a_norm, nn.ReLU(), block.b, block.b_norm)
    assert torch.equal(block(feature), inside(feature) + feature[..., 2:10, 2:8])
    assert block(feature).min() < 0  # no last ReLU


def test_names_in_state_dictionaries_are_flat_as_in_files() -> None:
    network = JohnsonNetwork(JohnsonConfig(width=2, blocks=11))
    state = network.state_dict()
    assert {"layers.block1a.weight", "layers.block11b_norm.bias", "layers.down2.weight"} < state.keys()
    assert not [name for name in state if ".a." in name or ".b." in name]
    other = JohnsonNetwork(JohnsonConfig(width=2, blocks=11))
    other.load_state_dict(state)
    assert all(torch.equal(one, two) for one, two in zip(network.parameters(), other.parameters(), strict=True))
    assert list(other.state_dict()) == list(state)


def test_maps_become_twice_as_large_either_way() -> None:
    for how in ("transposed", "nearest"):
        modules = nn.Sequential(*upsampling_layers("up", "batch", 6, 4, how).values())  # type: ignore[arg-type]
        assert modules(torch.rand(2, 6, 5, 7)).shape == (2, 4, 10, 14)


def test_instance_norm_normalizes_each_picture_by_itself() -> None:
    torch.manual_seed(0)
    pictures = torch.randn(2, 3, 5, 5)
    norm = make_norm("instance", 3)
    torch.testing.assert_close(norm(pictures)[:1], norm(pictures[:1]), rtol=0, atol=rounding(25))
    mean, variance = pictures.mean((2, 3), keepdim=True), pictures.var((2, 3), keepdim=True, unbiased=False)
    expected = (pictures - mean) / (variance + 1e-5).sqrt()
    torch.testing.assert_close(norm(pictures), expected, rtol=0, atol=rounding(25))
