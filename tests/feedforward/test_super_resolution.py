"""Larger pictures in one pass."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from brushwork.errors import InputError
from brushwork.feedforward.model import StyleModel
from brushwork.feedforward.networks.configs import SuperResolutionConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.networks.super_resolution import SuperResolutionNetwork
from brushwork.feedforward.stylize import stylize


@pytest.mark.parametrize(("factor", "doublings"), [(2, 1), (4, 2), (8, 3)])
def test_pictures_become_larger_by_the_factor(factor: int, doublings: int) -> None:
    settings = SuperResolutionConfig(factor=factor, width=4, blocks=2)
    network = SuperResolutionNetwork(settings).eval()
    assert network(torch.rand(1, 3, 9, 12)).shape == (1, 3, 9 * factor, 12 * factor)
    assert sum(isinstance(one, nn.ConvTranspose2d) for one in network.modules()) == doublings


@pytest.mark.parametrize("border", ["zeros", "reflect"])
@pytest.mark.parametrize("size", [(1, 1), (2, 9), (3, 4)])
def test_pictures_of_a_few_pixels_too(border: Any, size: tuple[int, int]) -> None:
    network = SuperResolutionNetwork(SuperResolutionConfig(factor=2, width=4, blocks=1, border=border)).eval()
    assert network(torch.rand(1, 3, *size)).shape == (1, 3, 2 * size[0], 2 * size[1])


@pytest.mark.parametrize(
    ("wrong", "message"), [({"factor": 3}, "factor is 3"), ({"width": -1}, "width is -1"), ({"norm": "x"}, "norm is")]
)
def test_settings_that_no_network_can_have_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SuperResolutionConfig(**wrong)


def test_an_enlarged_picture_has_the_histogram_of_the_small_one() -> None:
    """The paper's last step, for each channel; a rough check of the quantiles, as there are 16 pixels for one."""
    settings = SuperResolutionConfig(width=4, blocks=1)
    model = StyleModel("larger", "super-resolution", settings, build_network(settings, seed=1).eval())
    small = 0.2 + 0.5 * torch.rand(1, 3, 32, 40, generator=torch.Generator().manual_seed(0)) ** 2
    large = stylize(small, model)
    assert large.shape == (1, 3, 128, 160)
    at = torch.linspace(0.1, 0.9, 9)
    wanted, found = (torch.quantile(image[0].flatten(1), at, dim=1) for image in (small, large))
    torch.testing.assert_close(found, wanted, atol=0.01, rtol=0)
    with torch.no_grad():
        plain = model.network(small)
    assert (torch.quantile(plain[0].flatten(1), at, dim=1) - wanted).abs().max() > 0.1
