"""What of a network is drawn as a whole, and what is kept of it."""

from __future__ import annotations

import torch

from brushwork.fast.architectures import build
from brushwork.fast.johnson import Johnson
from brushwork.fast.pyramid import Pyramid
from brushwork.fast.stops import stops
from brushwork.fast.trace import trace

IMAGE = torch.empty(1, 3, 48, 48)


def test_a_map_is_drawn_for_each_norm_and_kept() -> None:
    graph = trace(build(Johnson(width=4, blocks=2)), IMAGE)
    way = stops(graph)
    # first, down1, down2, two in each of two blocks, up1, up2; the first block's sum, on which two others hang; the end
    assert sum(len(stop.norms) for stop in way) == 9
    assert [stop.kept for stop in way] == [True] * (9 + 1 + 1)
    assert (way[-1].node, way[-1].norms) == (graph.last, ())


def test_without_norms_maps_are_drawn_where_ways_part() -> None:
    graph = trace(build(Johnson(width=4, blocks=2, norm="batch")).eval(), IMAGE)
    assert len(stops(graph)) == 3  # before the first block, after it, the end


def test_what_costs_nothing_is_not_kept() -> None:
    graph = trace(build(Pyramid(scales=2, width=4, photograph=True)), IMAGE)
    enlarged = [stop for stop in stops(graph) if not stop.kept]
    assert [len(stop.norms) for stop in enlarged] == [1, 1]  # before both are joined: the coarse map and the fine one


def test_every_map_is_drawn_from_maps_that_are_kept() -> None:
    way = stops(trace(build(Johnson(width=4, blocks=2)), IMAGE))
    kept = {0} | {stop.node for stop in way if stop.kept}
    assert all(stop.roots <= kept for stop in way)
    assert all(root < stop.node for stop in way for root in stop.roots)
