"""What of a network is drawn as a whole, and what is kept of it."""

from __future__ import annotations

import torch

from brushwork.feedforward.networks.configs import JohnsonConfig, TextureNetConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.exact_norm import materialization_order
from brushwork.feedforward.tiling.trace import trace_network

IMAGE = torch.empty(1, 3, 48, 48)


def test_a_map_is_drawn_for_each_norm_and_kept() -> None:
    graph = trace_network(build_network(JohnsonConfig(width=4, blocks=2)), IMAGE)
    way = materialization_order(graph)
    # first, down1, down2, two in each of two blocks, up1, up2; the first block's sum, on which two others hang; the end
    assert sum(len(stop.norms) for stop in way) == 9
    assert [stop.is_kept for stop in way] == [True] * (9 + 1 + 1)
    assert (way[-1].node, way[-1].norms) == (graph.output, ())


def test_without_norms_maps_are_drawn_where_ways_part() -> None:
    graph = trace_network(build_network(JohnsonConfig(width=4, blocks=2, norm="batch")).eval(), IMAGE)
    assert len(materialization_order(graph)) == 3  # before the first block, after it, the end


def test_what_costs_nothing_is_not_kept() -> None:
    graph = trace_network(build_network(TextureNetConfig(scales=2, width=4, photograph=True)), IMAGE)
    enlarged = [stop for stop in materialization_order(graph) if not stop.is_kept]
    assert [len(stop.norms) for stop in enlarged] == [1, 1]  # before both are joined: the coarse map and the fine one


def test_every_map_is_drawn_from_maps_that_are_kept() -> None:
    way = materialization_order(trace_network(build_network(JohnsonConfig(width=4, blocks=2)), IMAGE))
    kept = {0} | {stop.node for stop in way if stop.is_kept}
    assert all(stop.roots <= kept for stop in way)
    assert all(root < stop.node for stop in way for root in stop.roots)
