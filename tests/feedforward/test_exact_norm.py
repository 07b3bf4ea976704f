"""Pictures pass through networks strip by strip: the same as at once, with statistics over the whole."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.feedforward.networks.configs import JohnsonConfig, MGANConfig, SuperResolutionConfig, TextureNetConfig
from brushwork.feedforward.networks.mgan import MGANNetwork
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.exact_norm import ExactNormPass, strip_windows
from brushwork.feedforward.tiling.trace import trace_network
from brushwork.images.geometry import Size
from brushwork.storage.mapped import empty_mapped
from tolerances import DOUBLE, PAINTED

SETTINGS = {
    "instance": JohnsonConfig(width=4, blocks=2),
    "batch": JohnsonConfig(width=4, blocks=2, norm="batch"),
    "nearest, reflected": JohnsonConfig(width=4, blocks=1, upsampling="nearest", border="reflect"),
    "larger": SuperResolutionConfig(width=4, blocks=2, factor=4),
    "texture network": TextureNetConfig(scales=3, width=4, photograph=True),
    "texture network, batch": TextureNetConfig(scales=4, width=4, photograph=True, norm="batch", pointwise=False),
}


def network_of(name: str) -> nn.Module:
    """A network whose norms all do something of their own."""
    network, generator = build_network(SETTINGS[name], seed=3).eval(), torch.Generator().manual_seed(4)
    for module in network.modules():
        if isinstance(module, nn.InstanceNorm2d | nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.uniform_(-0.5, 0.5, generator=generator)
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
            module.running_mean.uniform_(-0.2, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return network.requires_grad_(False)


def picture(height: int, width: int, count: int = 1) -> torch.Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(height))


def in_strips(network: nn.Module, image: torch.Tensor, area: int, allocate=None) -> torch.Tensor:
    allocate = allocate or (lambda shape, like: like.new_empty(*shape))
    *shares, drawn = ExactNormPass(trace_network(network, image), image, area, allocate).compute()
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, DOUBLE), (torch.float32, PAINTED)])
def test_strips_are_the_whole(name: str, dtype: torch.dtype, tolerance: float) -> None:
    network = network_of(name).to(dtype)
    for size, areas in {(61, 47): (300, 10**6), (48, 83): (1500,)}.items():
        image = picture(*size).to(dtype)
        for area in areas:
            torch.testing.assert_close(in_strips(network, image, area), network(image), rtol=0, atol=tolerance)


@pytest.mark.parametrize("sides", [(37, 1), (1, 29), (1, 1), (37, 29)])
def test_constants_may_be_broadcast(sides: tuple[int, int]) -> None:
    before, after = (nn.Conv2d(3, 3, 3, padding=1).double().requires_grad_(False) for _ in range(2))
    constant, image = torch.rand(1, 1, *sides, dtype=torch.float64), picture(37, 29).double()

    class Sum(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return after(before(image) + constant)

    torch.testing.assert_close(in_strips(Sum(), image, 60), Sum()(image), rtol=0, atol=DOUBLE)


@pytest.mark.parametrize("channels", [4, 29])
def test_a_slope_by_channel_is_no_map(channels: int) -> None:
    """Nor where there are as many channels as columns."""
    slope = nn.PReLU(channels)
    slope.weight.data.uniform_(0.1, 0.9)
    network = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), slope, nn.Conv2d(channels, 3, 1))
    network, image = network.double().requires_grad_(False), picture(37, 29).double()
    torch.testing.assert_close(in_strips(network, image, 60), network(image), rtol=0, atol=DOUBLE)


def test_every_picture_of_a_batch_has_its_own_statistics() -> None:
    network, images = network_of("instance").double(), picture(60, 44, 2).double()
    together = in_strips(network, images, 500)
    for one, image in zip(together, images, strict=True):
        torch.testing.assert_close(one[None], network(image[None]), rtol=0, atol=DOUBLE)


def test_maps_may_lie_in_files() -> None:
    network, image = network_of("instance"), picture(52, 60)
    drawn = in_strips(network, image, 800, allocate=lambda shape, like: empty_mapped(shape, like.dtype))
    assert torch.equal(drawn, in_strips(network, image, 800))


def test_strips_cover_a_map_once() -> None:
    for height, width, area in ((100, 40, 900), (7, 1000, 100), (33, 5, 10**9)):
        found = strip_windows(Size(height, width), area)
        assert [one.top for one in found] == [0, *(one.bottom for one in found[:-1])]
        assert found[-1].bottom == height
        assert {(one.left, one.width) for one in found} == {(0, width)}


@pytest.mark.slow
def test_markovian_networks_pass_too() -> None:
    from brushwork.encoders.preprocess import make_caffe_preprocess
    from brushwork.encoders.vgg import make_vgg

    network = (
        MGANNetwork(MGANConfig(width=8), make_vgg(19, make_caffe_preprocess(), padding="reflect"))
        .eval()
        .requires_grad_(False)
    )
    image = picture(43, 50)
    torch.testing.assert_close(in_strips(network, image, 600), network(image), rtol=0, atol=PAINTED)
