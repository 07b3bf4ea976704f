"""Tiles that know nothing of each other: what the whole network paints with the same statistics."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.frozen_norm import halo_of, measure_statistics, split_tiles, stylize_tiled
from brushwork.feedforward.tiling.graph import NormStatisticsValue
from brushwork.feedforward.tiling.trace import trace_network
from tolerances import DOUBLE, PAINTED


def picture(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height))


def frozen(network: nn.Module, statistics: list[NormStatisticsValue]) -> nn.Module:
    """The network with norms that only know these statistics, written out by hand."""
    norms = [module for module in network.modules() if isinstance(module, nn.InstanceNorm2d)]
    for norm, (mean, variance) in zip(norms, statistics, strict=True):
        norm.forward = lambda x, n=norm, m=mean, v=variance: (
            (x - m) / (v + n.eps).sqrt() * n.weight.view(1, -1, 1, 1) + n.bias.view(1, -1, 1, 1)
        ).to(x.dtype)
    return network


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, DOUBLE), (torch.float32, PAINTED)])
def test_tiles_are_the_whole_with_the_same_statistics(dtype: torch.dtype, tolerance: float) -> None:
    network, image = (
        build_network(JohnsonConfig(width=4, blocks=1), seed=1).eval().requires_grad_(False).to(dtype),
        picture(71, 93).to(dtype),
    )
    statistics, graph = measure_statistics(network, image, side=40), trace_network(network, image)
    *shares, drawn = stylize_tiled(graph, image, statistics, side=64)
    assert len(shares) > 3
    torch.testing.assert_close(drawn, frozen(network, statistics)(image), rtol=0, atol=tolerance)


def test_statistics_of_a_small_picture_are_its_own() -> None:
    network, image = (
        build_network(JohnsonConfig(width=4, blocks=1), seed=1).eval().requires_grad_(False).double(),
        picture(50, 61).double(),
    )
    *_, drawn = stylize_tiled(trace_network(network, image), image, measure_statistics(network, image), side=48)
    torch.testing.assert_close(drawn, network(image), rtol=0, atol=DOUBLE)


def test_tiles_need_no_more_than_they_may() -> None:
    network, image = build_network(JohnsonConfig(width=4, blocks=1), seed=1), picture(200, 300)
    graph = trace_network(network, image)
    evaluator = WindowEvaluator(
        graph, {0: image}, dict.fromkeys(graph.norms, NormStatisticsValue(torch.zeros(1), torch.ones(1)))
    )
    assert 20 < halo_of(evaluator) < 100
    found = split_tiles(evaluator, side=128)
    assert sum(one.height * one.width for one in found) == 200 * 300
    for one in found:
        seen = evaluator.required_windows(graph.output, one)[0]
        assert max(seen.height, seen.width) <= 128 + 4
