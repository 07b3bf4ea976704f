"""From networks to graphs; what cannot be done window by window says so."""

from __future__ import annotations

import gc

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brushwork.devices.meter import MemoryMeter
from brushwork.feedforward.networks.configs import JohnsonConfig
from brushwork.feedforward.networks.registry import build_network
from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.graph import NormLayer, UntraceableError
from brushwork.feedforward.tiling.trace import trace_network
from brushwork.images.geometry import Size, Window


class FunctionModule(nn.Module):
    """A network that calls a function."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, image):
        return self.function(image)


REFUSED = {
    "means": lambda x: x - x.mean((2, 3), keepdim=True),
    "a resizing of no whole factor": lambda x: F.interpolate(x, size=(7, 9), mode="bilinear", align_corners=False),
    "corners": lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True),
    "a matrix product": lambda x: x @ x.transpose(-1, -2),
    "in place": lambda x: x.add_(1),
    "single rows": lambda x: x[..., 3, :],
    "a pool with dilation": nn.MaxPool2d(3, stride=1, dilation=2),
    "a pool with a divisor": nn.AvgPool2d(2, divisor_override=1),
    "a pool with a ceiling": nn.AvgPool2d(2, ceil_mode=True),
    "words for padding": lambda x: F.conv2d(x, torch.ones(3, 3, 3, 3), padding="same"),
    "a picture that is not looked at": lambda x: torch.ones(3),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_local_is_refused(name: str) -> None:
    with pytest.raises(UntraceableError):
        trace_network(FunctionModule(REFUSED[name]), torch.rand(1, 3, 8, 8))


def test_a_network_is_read_without_computing() -> None:
    network = build_network(JohnsonConfig(width=4, blocks=1))
    graph = trace_network(network, torch.empty(1, 3, 3000, 4001, device="meta"))
    assert graph.nodes[graph.output].shape == (1, 3, 3000, 4001)
    assert len(graph.norms) == 7
    assert all(isinstance(graph.nodes[index].operation, NormLayer) for index in graph.norms)


def test_the_sources_of_a_node_come_before_it() -> None:
    graph = trace_network(build_network(JohnsonConfig(width=4, blocks=2)), torch.rand(1, 3, 64, 64))
    assert all(source < index for index, node in enumerate(graph.nodes) for source in node.inputs)


def test_windows_leave_nothing_behind() -> None:
    """What an elementwise function was given is freed at once, not when cycles are collected."""
    with torch.device("meta"):
        network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.Tanh())
        image = torch.empty(1, 3, 64, 64)
    evaluator = WindowEvaluator(graph := trace_network(network, image), {0: image}, {})
    evaluator.compute(graph.output, Window.whole(Size(60, 60)))  # torch's first use on meta imports, and keeps frames
    gc.disable()
    try:
        with MemoryMeter() as meter:
            evaluator.compute(graph.output, Window.whole(Size(60, 60)))
            assert meter.live <= image.nbytes
    finally:
        gc.enable()
