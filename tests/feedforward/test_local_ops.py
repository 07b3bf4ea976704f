"""Every step of a network, window by window: the same as at once."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from brushwork.feedforward.tiling.evaluate import WindowEvaluator
from brushwork.feedforward.tiling.frozen_norm import graph_statistics
from brushwork.feedforward.tiling.local_ops import IndexOperation, PaddingOperation
from brushwork.feedforward.tiling.trace import trace_network
from brushwork.images.geometry import Size, Window
from tolerances import DOUBLE


class FunctionModule(nn.Module):
    """A network that calls a function."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, image):
        return self.function(image)


def weights(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


STEPS = {
    "convolution": lambda x: F.conv2d(x, weights(2, 3, 3, 3), weights(2), padding=1),
    "strides": lambda x: F.conv2d(x, weights(2, 3, 3, 5), None, stride=(2, 3), padding=(1, 2)),
    "dilated groups": lambda x: F.conv2d(x, weights(6, 1, 3, 3), None, padding=2, dilation=2, groups=3),
    "large kernel": lambda x: F.conv2d(x, weights(2, 3, 9, 9), None, padding=4),
    "transposed": lambda x: F.conv_transpose2d(x, weights(3, 2, 3, 3), weights(2), 2, 1, 1),
    "transposed of four": lambda x: F.conv_transpose2d(x, weights(3, 2, 4, 4), None, 2, 1),
    "transposed, same size": lambda x: F.conv_transpose2d(x, weights(3, 2, 3, 3), None, 1, 1),
    "transposed, with gaps": lambda x: F.conv_transpose2d(x, weights(3, 2, 2, 2), weights(2), 3, 0, 2),
    "zeros": lambda x: F.pad(x, (2, 1, 0, 3)),
    "reflected": lambda x: F.pad(x, (5, 1, 2, 6), mode="reflect"),
    "repeated": lambda x: F.pad(x, (2, 8, 0, 3), mode="replicate"),
    "around": lambda x: F.pad(x, (2, 3, 1, 4), mode="circular"),
    "averages": lambda x: F.avg_pool2d(x, 3, 2),
    "maxima": lambda x: F.max_pool2d(x, 2),
    "nearest": lambda x: F.interpolate(x, scale_factor=3.0, mode="nearest"),
    "triangles": lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False),
    "cut": lambda x: x[..., 2:-3, 1:-1],
    "channels": lambda x: x[:, 1:],
    "turned": lambda x: x.index_select(-2, torch.arange(x.shape[-2] - 1, -1, -1)).index_select(3, torch.arange(4, 9)),
    "swapped colors": lambda x: x.flip(1),
    "numbers": lambda x: torch.lerp(2 * x + 1, -x / 3, 0.25).tanh(),
    "side by side": lambda x: torch.cat([F.relu(x), x - weights(1, 3, *x.shape[-2:])], dim=1),
}
WINDOWS = [(0, 0, 3, 4), (0, 0, 2, 99), (4, 3, 1, 1), (5, 0, 99, 5), (7, 6, 99, 99), (0, 0, 99, 99)]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size", [(13, 17), (16, 12)])
def test_windows_of_a_step_are_those_of_the_whole(step: str, size: tuple[int, int]) -> None:
    network, image = FunctionModule(STEPS[step]), weights(1, 3, *size)
    whole, graph = network(image), trace_network(network, image)
    evaluator = WindowEvaluator(graph, {0: image}, {})
    last = graph.nodes[graph.output]
    assert last.shape == whole.shape
    for top, left, height, width in WINDOWS:
        top, left = min(top, last.size.height - 1), min(left, last.size.width - 1)
        height, width = min(height, last.size.height - top), min(width, last.size.width - left)
        window = Window(top, left, height, width, last.size)
        torch.testing.assert_close(evaluator.compute(graph.output, window), window.crop(whole), rtol=0, atol=DOUBLE)


def test_a_window_needs_little() -> None:
    network, image = FunctionModule(STEPS["convolution"]), weights(1, 3, 40, 50)
    graph = trace_network(network, image)
    seen = WindowEvaluator(graph, {0: image}, {}).required_windows(graph.output, Window(10, 20, 4, 5, Size(40, 50)))
    assert seen[0] == Window(9, 19, 6, 7, Size(40, 50))


def test_a_mirrored_border_needs_what_is_mirrored() -> None:
    step = PaddingOperation("reflect", 0.0, (4, 4), (4, 4))
    assert step.input_window(Window(0, 0, 1, 28, Size(28, 28)), Size(20, 20)) == Window(0, 0, 5, 20, Size(20, 20))


def test_chosen_rows_are_those_that_are_needed() -> None:
    step = IndexOperation(torch.tensor([5, 4, 3, 9]), torch.arange(7))
    assert step.input_window(Window(1, 2, 2, 3, Size(4, 7)), Size(10, 7)) == Window(3, 2, 2, 3, Size(10, 7))


def test_no_map_is_overwritten_that_is_needed_afterwards() -> None:
    """Norms and ReLUs write into the map before them, but for the image, views of it, and maps with other users."""

    def network(x):
        normed = F.instance_norm(F.conv2d(x, weights(2, 3, 3, 3), padding=1))
        return F.relu(F.instance_norm(normed)) + normed + F.relu(F.pad(x, (0, 0, 0, 0)))[:, :2] + F.relu(x)[:, :2]

    image = weights(1, 3, 11, 14)
    given, expected = image.clone(), network(image)
    graph = trace_network(FunctionModule(network), image)
    evaluator = WindowEvaluator(graph, {0: image}, dict(zip(graph.norms, graph_statistics(graph, image), strict=True)))
    drawn = evaluator.compute(graph.output, Window.whole(Size.of(image)))
    torch.testing.assert_close(drawn, expected, rtol=0, atol=DOUBLE)
    assert torch.equal(image, given)
