"""One trunk for many styles: normalization by formula, blends of scales and shifts, and any size."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from brushwork.errors import InputError
from brushwork.feedforward.networks.blocks import EPSILON
from brushwork.feedforward.networks.configs import MultiStyleConfig
from brushwork.feedforward.networks.multi_style import MultiStyleNetwork, StyleNorm
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.exact_norm import ExactNormPass
from brushwork.feedforward.tiling.trace import trace_network
from tolerances import DOUBLE

SMALL = MultiStyleConfig(styles=("a", "b", "c"), width=4, blocks=1)


@pytest.fixture
def network() -> MultiStyleNetwork:
    """In float64, with scales and shifts that differ between the styles."""
    made = build_network(SMALL).double()
    assert isinstance(made, MultiStyleNetwork)
    generator = torch.Generator().manual_seed(1)
    for module in made.modules():
        if isinstance(module, StyleNorm):
            for one in module.parameters():
                one.data += 0.3 * torch.randn(one.shape, generator=generator, dtype=torch.float64)
    return made


def photograph(height: int = 32, width: int = 32, count: int = 1) -> torch.Tensor:
    return torch.rand(count, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_a_normalization_is_equation_5(count: int, requires_grad: bool) -> None:
    """Also on the shorter way that one image takes in training."""
    norm, feature = StyleNorm(2, 5).double(), torch.randn(count, 5, 6, 7, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.normal_()
        norm.bias.normal_()
    blend = torch.tensor([0.25, 0.75], dtype=torch.float64)
    mean, variance = feature.mean((2, 3), keepdim=True), feature.var((2, 3), keepdim=True, unbiased=False)
    scale, shift = (torch.einsum("s,sc->c", blend, one).view(1, 5, 1, 1) for one in (norm.weight, norm.bias))
    with torch.set_grad_enabled(requires_grad):
        found = norm(feature, blend)
    expected = scale * (feature - mean) / (variance + EPSILON).sqrt() + shift
    torch.testing.assert_close(found.detach(), expected.detach(), rtol=DOUBLE, atol=DOUBLE)


def test_there_are_as_many_parameters_as_in_the_paper() -> None:
    """Section 2.2: a style has about 3200 of the 1.6 million, two for each channel of each normalization."""
    with torch.device("meta"):
        one, two = (
            sum(p.numel() for p in MultiStyleNetwork(MultiStyleConfig(styles=names)).parameters())
            for names in (("a",), ("a", "b"))
        )
    assert two - one == 2 * (32 + 64 + 128 + 10 * 128 + 64 + 32)
    assert 1_600_000 < one < 1_700_000


def test_a_blend_is_that_of_scales_and_shifts(network: MultiStyleNetwork) -> None:
    """A network whose only style has the blended numbers paints the same."""
    blend = torch.tensor([0.5, 0.0, 0.5], dtype=torch.float64)
    single = build_network(MultiStyleConfig(styles=("mix",), width=4, blocks=1)).double()
    state = {
        name: (blend @ one)[None] if name.endswith(("norm.weight", "norm.bias")) else one
        for name, one in network.state_dict().items()
    }
    single.load_state_dict(state)
    with torch.no_grad():
        torch.testing.assert_close(network(photograph(), blend), single(photograph()), rtol=DOUBLE, atol=DOUBLE)


def test_styles_differ_and_one_must_be_chosen(network: MultiStyleNetwork) -> None:
    given = photograph()
    with pytest.raises(InputError, match="3 styles: choose one or more of a, b, c"):
        network(given)
    with torch.no_grad():
        first, second, _ = (network(given, one) for one in torch.eye(3, dtype=torch.float64))
    assert (first - second).abs().max() > 0.01


@pytest.mark.parametrize("size", [(32, 32), (33, 46), (9, 50), (1, 1), (2, 9)])
def test_the_picture_comes_out_as_large_as_it_went_in(network: MultiStyleNetwork, size: tuple[int, int]) -> None:
    with torch.no_grad():
        painted = network(photograph(*size, count=2), torch.tensor([1.0, 0, 0], dtype=torch.float64))
    assert painted.shape == (2, 3, *size)
    assert (painted - 0.5).abs().max() <= 150 / 255


def test_strips_paint_what_the_whole_does(network: MultiStyleNetwork) -> None:
    paint = partial(network, blend=torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64))
    given = photograph(50, 39)
    with torch.no_grad():
        graph = trace_network(paint, given)
        *_, found = ExactNormPass(graph, given, 16 * 39, lambda shape, like: like.new_empty(*shape)).compute()
        torch.testing.assert_close(found, paint(given), rtol=DOUBLE, atol=DOUBLE)


@pytest.mark.parametrize("names", [(), ("a", "b", "a")])
def test_each_style_has_its_own_name(names: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="give one or more, each under its own name"):
        MultiStyleConfig(styles=names)
