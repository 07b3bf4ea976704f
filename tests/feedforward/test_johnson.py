"""The networks of Johnson et al.: as many parameters, and maps of the sizes, that their supplement says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from brushwork.errors import InputError
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.johnson import JohnsonNetwork, reflect_pad_to_multiple
from tolerances import PAINTED

SMALL = JohnsonConfig(width=4, blocks=2)


def parameters(network: nn.Module) -> int:
    return sum(one.numel() for one in network.parameters())


def maps(network: JohnsonNetwork, side: int) -> dict[str, tuple[int, int]]:
    """Channels and side of every layer's map."""
    found: dict[str, tuple[int, int]] = {}
    here = network.prepare_input(torch.zeros(1, 3, side, side, device="meta"))
    for name, module in network.layers.named_children():
        here = module(here)
        found[name] = here.shape[1], here.shape[2]
    return found


def test_there_are_as_many_parameters_as_the_table_says() -> None:
    assert parameters(JohnsonNetwork(JohnsonConfig())) == 1_679_235
    assert parameters(JohnsonNetwork(JohnsonConfig(norm="batch"))) == 1_679_235
    assert parameters(JohnsonNetwork(JohnsonConfig(upsampling="nearest", border="reflect"))) == 1_679_235


def test_maps_have_the_sizes_of_the_table() -> None:
    with torch.device("meta"):
        found = maps(JohnsonNetwork(JohnsonConfig()), 256)
    wanted = {"first": (32, 336), "down1": (64, 168), "down2": (128, 84)}
    wanted |= {f"block{n}": (128, 84 - 4 * n) for n in range(1, 6)}
    wanted |= {"up1": (64, 128), "up2": (32, 256), "last": (3, 256)}
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("settings", [SMALL, replace(SMALL, upsampling="nearest", border="reflect", norm="batch")])
@pytest.mark.parametrize("size", [(32, 32), (33, 46), (9, 50), (1, 1), (2, 9), (4, 4)])
def test_the_picture_comes_out_as_large_as_it_went_in(settings: JohnsonConfig, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    painted = JohnsonNetwork(settings)(torch.rand(2, 3, *size))
    assert painted.shape == (2, 3, *size)
    assert (painted - 0.5).abs().max() <= 150 / 255


def test_what_is_mirrored_does_not_move_the_picture() -> None:
    picture = torch.rand(1, 3, 18, 21)
    wider = reflect_pad_to_multiple(picture, 6, 4)
    assert wider.shape == (1, 3, 32, 36)
    assert torch.equal(wider[..., 6:24, 6:27], picture)
    assert torch.equal(wider[..., 5, 6:27], picture[..., 1, :])
    assert reflect_pad_to_multiple(picture[..., :2, :2], 6, 4).shape == (1, 3, 16, 16)


def test_a_picture_turns_out_the_same_alone_and_in_a_batch() -> None:
    torch.manual_seed(0)
    network, pictures = JohnsonNetwork(SMALL), torch.rand(3, 3, 32, 40)
    torch.testing.assert_close(network(pictures)[1:2], network(pictures[1:2]), rtol=0, atol=PAINTED)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width is 0"),
        ({"blocks": 1.5}, "blocks is 1.5"),
        ({"norm": "layer"}, "norm is 'layer'.*instance or batch"),
        ({"upsampling": "bicubic"}, "upsampling"),
        ({"border": "wrap"}, "border"),
    ],
)
def test_settings_that_no_network_can_have_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        JohnsonConfig(**wrong)
