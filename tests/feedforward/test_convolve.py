"""Each way of computing a convolution gives the same map."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from brushwork.feedforward.tiling.convolve import Convolution
from tolerances import require_close, rounding

SHAPES = {
    "residual block": (64, 128, (3, 3), (1, 1)),
    "image": (32, 3, (9, 9), (1, 1)),
    "one channel": (8, 1, (5, 7), (1, 1)),
    "strided": (64, 64, (3, 3), (2, 2)),
    "few channels": (16, 32, (3, 3), (1, 1)),
}


def random_tensor(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (0, 1), (1, 0), (4, 4)])
@pytest.mark.parametrize("engine", ["plain", "channels-last", "native"])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_convolution_of_torch(shape: str, engine: str, padding: tuple[int, int], has_bias: bool) -> None:
    inputs, outputs, kernel, stride = SHAPES[shape]
    weight, bias = random_tensor(outputs, inputs, *kernel), random_tensor(outputs, seed=1) if has_bias else None
    convolve = Convolution(weight, bias, stride, (1, 1), 1, engine)  # type: ignore[arg-type]
    for count, height, width in ((1, 9, 9), (2, 14, 11), (1, 33, 50)):
        feature = random_tensor(count, inputs, height, width, seed=height)
        expected = functional.conv2d(
            feature.double(), weight.double(), None if bias is None else bias.double(), stride, padding
        )
        for given in (feature, feature.contiguous(memory_format=torch.channels_last)):
            found = convolve(given, padding)
            assert found.shape == expected.shape
            require_close(found.double(), expected, rounding(weight[0].numel()))


@pytest.mark.usefixtures("compiled")
def test_the_smallest_maps() -> None:
    weight = random_tensor(64, 64, 3, 3)
    convolve = Convolution(weight, None, (1, 1), (1, 1), 1, "native")
    for height, width in ((3, 3), (3, 8), (5, 4)):
        feature = random_tensor(1, 64, height, width)
        expected = functional.conv2d(feature.double(), weight.double())
        require_close(convolve(feature, (0, 0)).double(), expected, rounding(9 * 64))


def test_dilation_groups_and_float64_are_torch_s() -> None:
    weight, feature = random_tensor(64, 64, 3, 3), random_tensor(1, 64, 12, 12)
    dilated = Convolution(weight, None, (1, 1), (2, 2), 1, "native")(feature, (0, 0))
    require_close(dilated, functional.conv2d(feature, weight, dilation=2), rounding(9 * 64))
    grouped = Convolution(weight[:, :32], None, (1, 1), (1, 1), 2, "native")(feature, (0, 0))
    require_close(grouped, functional.conv2d(feature, weight[:, :32], groups=2), rounding(9 * 64))
    wide = Convolution(weight.double(), None, (1, 1), (1, 1), 1, "native")(feature.double(), (1, 1))
    assert wide.dtype == torch.float64
